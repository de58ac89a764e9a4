// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Findings on asynchronous requests that are none, and on writes that wait for the disk. */
#include <string.h>

#include "judge/finding_look.h"
#include "names/units.h"
#include "names/words.h"

/* ------------------------------------------------------------------------------------- submits */

struct submits {
	const char *call;
	const struct thread *thread; /* that slept longest */
	uint64_t calls, asleep, most;
};

/* Time asleep in io_submit, of threads that lost nothing. */
static struct submits linux_aio_submits(const struct process *process)
{
	struct submits submits = {.call = "io_submit"};

	for (size_t i = 0; i < process->thread_count; i++) {
		const struct thread *thread = &process->threads[i];
		uint64_t asleep = 0;

		if (!thread__is_known(thread))
			continue;
		for (size_t j = 0; j < thread->wait_count; j++)
			if (words__have("io_submit", thread->waits[j].syscall)) {
				asleep += thread->waits[j].total;
				submits.calls += thread->waits[j].count;
			}
		submits.asleep += asleep;
		if (asleep > submits.most) {
			submits.most = asleep;
			submits.thread = thread;
		}
	}
	return submits;
}

static struct submits uring_submits(const struct process *process)
{
	struct submits submits = {.call = "io_uring_enter"};

	for (size_t i = 0; i < process->request_count; i++) {
		if (process->requests[i].api != REQUEST_IO_URING)
			continue;
		submits.asleep += process->requests[i].submit_blocked;
		submits.calls += process->requests[i].batches;
	}
	return submits;
}

static void tell_blocking_submits(struct finding_look *look, const struct submits *submits)
{
	char who[WHO_TEXT], asleep[UNITS_TEXT];
	struct finding *finding;

	if (submits->calls < look->rule->least.count ||
	    !look__is_much(look, submits->asleep, look->process->lifetime))
		return;
	finding = look__add(look, submits->thread, submits->asleep);
	finding__figure(finding, "submit_blocked_ns", (double)submits->asleep);
	finding__figure(finding, "lifetime_ns", (double)look->process->lifetime);
	finding__figure(finding, "submits", (double)submits->calls);
	look__say(look, finding,
		  "%s slept for %s (%.1f%% of its time) while it submitted requests with %s: that "
		  "is not asynchronous; buffered files, missing O_DIRECT or a full device queue "
		  "make a submit wait",
		  look__who(look, submits->thread, who), units__time(submits->asleep, asleep),
		  100.0 * (double)submits->asleep / (double)look->process->lifetime, submits->call);
}

void find_blocking_submit(struct finding_look *look)
{
	struct submits submits = linux_aio_submits(look->process);

	tell_blocking_submits(look, &submits);
	submits = uring_submits(look->process);
	tell_blocking_submits(look, &submits);
}

/* ------------------------------------------------------------------------------ punted requests */

/* CPU, and waiting for it, of the workers that the kernel gave punted requests to. */
static uint64_t time_of_workers(const struct process *process, size_t *workers)
{
	uint64_t time = 0;

	*workers = 0;
	for (size_t i = 0; i < process->thread_count; i++) {
		const struct account *account = &process->threads[i].account;

		if (!process->threads[i].io_worker)
			continue;
		(*workers)++;
		time += account->running + account->runnable + account->preempted;
	}
	return time;
}

void find_punted_requests(struct finding_look *look)
{
	const struct requests *worst = NULL;
	uint64_t completed = 0, punted = 0, time;
	char who[WHO_TEXT], count[UNITS_TEXT], whole[UNITS_TEXT], cpu[UNITS_TEXT];
	struct finding *finding;
	size_t workers;

	for (size_t i = 0; i < look->process->request_count; i++) {
		const struct requests *requests = &look->process->requests[i];

		if (requests->api != REQUEST_IO_URING)
			continue;
		completed += requests->completed;
		punted += requests->served[SERVED_PUNTED];
		if (!worst || requests->served[SERVED_PUNTED] > worst->served[SERVED_PUNTED])
			worst = requests;
	}
	if (!worst || completed < look->rule->least.count ||
	    (double)punted < look->rule->least.share * (double)completed)
		return;
	time = time_of_workers(look->process, &workers);
	finding = look__add(look, NULL, time);
	finding__figure(finding, "punted", (double)punted);
	finding__figure(finding, "completed", (double)completed);
	finding__figure(finding, "workers", (double)workers);
	finding__figure(finding, "workers_cpu_ns", (double)time);
	look__say(look, finding,
		  "%s of %s io_uring requests of %s were punted to worker threads, most of them "
		  "%s: the ring could not do them without waiting, and each costs a switch to a "
		  "worker (%s of CPU in all)",
		  units__count(punted, count), units__count(completed, whole),
		  look__who(look, NULL, who), worst->operation, units__time(time, cpu));
}

/* ---------------------------------------------------------------------------- synchronous writes
 */

#define SMALL_WRITE   16384 /* bytes, on average */
#define WRITES_A_SYNC 2	    /* at most */

void find_small_synchronous_writes(struct finding_look *look, const struct thread *thread)
{
	uint64_t writes = 0, bytes = 0, syncs = 0, time = 0;
	char who[WHO_TEXT], count[UNITS_TEXT], size[UNITS_TEXT], total[UNITS_TEXT];
	struct finding *finding;

	for (size_t i = 0; i < thread->call_count; i++) {
		const struct call *call = &thread->calls[i];

		if (words__have("write pwrite64 writev pwritev pwritev2", call->name)) {
			writes += call->calls - call->errors;
			bytes += call->bytes;
		} else if (words__have("fsync fdatasync", call->name)) {
			syncs += call->calls;
			time += call->total;
		}
	}
	if (syncs < look->rule->least.count || !bytes || writes > WRITES_A_SYNC * syncs ||
	    bytes > writes * SMALL_WRITE || !look__is_much(look, time, thread->account.lifetime))
		return;
	finding = look__add(look, thread, time);
	finding__figure(finding, "sync_ns", (double)time);
	finding__figure(finding, "lifetime_ns", (double)thread->account.lifetime);
	finding__figure(finding, "syncs", (double)syncs);
	finding__figure(finding, "writes", (double)writes);
	finding__figure(finding, "bytes", (double)bytes);
	look__say(look, finding,
		  "%s waits for the disk after each small write: %s syncs after writes of %s on "
		  "average took %s (%.1f%% of its time); several writes could share a sync",
		  look__who(look, thread, who), units__count(syncs, count),
		  units__size(bytes / writes, size), units__time(time, total),
		  100.0 * (double)time / (double)thread->account.lifetime);
}
