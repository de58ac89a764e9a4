/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* All programs, one object: they share their maps. */
#include "sched.bpf.c"
#include "syscall.bpf.c"
#include "posix_aio.bpf.c"
#include "block.bpf.c"
#include "uring.bpf.c"
#include "census.bpf.c"

char LICENSE[] SEC("license") = "Dual BSD/GPL";
