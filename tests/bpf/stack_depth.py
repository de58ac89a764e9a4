#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The deepest chain of calls of each BPF program, and how many bytes of stack it takes.

    stack_depth.py OBJECT [LIMIT]

Kernels up to 6.9 refuse a program if the frames of a chain, each rounded up to 32 bytes, come to
more than 512 (check_max_stack_depth() in kernel/bpf/verifier.c; later ones allow more where the JIT
gives a program a stack of its own). The verifier of the machine that builds need not be one of them.
Prints the programs that come near, and fails with those over the limit.
"""

import struct
import sys

CALL, LOCAL = 0x85, 1  # BPF_JMP | BPF_CALL; src_reg of a call inside the object
WIDE = 0x18            # BPF_LD | BPF_IMM | BPF_DW: two slots
ROUND = 32
FRAME_POINTER = 10


class Elf:
    """Of a relocatable BPF object: functions with their code, and whom they call."""

    def __init__(self, data):
        self.data = data
        offset, = struct.unpack_from("<Q", data, 0x28)
        size, count, _ = struct.unpack_from("<HHH", data, 0x3A)
        self.sections = [struct.unpack_from("<IIQQQQIIQQ", data, offset + i * size)
                         for i in range(count)]
        table = next(s for s in self.sections if s[1] == 2)
        names = self.sections[table[6]]
        self.symbols = [self.symbol(table[4] + i * 24, names[4]) for i in range(table[5] // 24)]
        self.functions = {(shndx, value): (name, value, size) for name, info, shndx, value, size
                          in self.symbols if info & 15 == 2}

    def symbol(self, at, names):
        name, info, _, shndx, value, size = struct.unpack_from("<IBBHQQ", self.data, at)
        end = self.data.index(b"\0", names + name)
        return self.data[names + name:end].decode(), info, shndx, value, size

    def relocations(self, section):
        """Offset in the section -> symbol."""
        found = {}
        for header in self.sections:
            if header[1] == 9 and header[7] == section:  # SHT_REL
                for at in range(header[4], header[4] + header[5], 16):
                    offset, info = struct.unpack_from("<QQ", self.data, at)
                    found[offset] = self.symbols[info >> 32]
        return found


def frame_and_calls(elf, section, start, size, relocations):
    """Bytes of a function's frame, and the functions (section, offset) that it calls."""
    base = elf.sections[section][4]
    deepest, calls, pointers = 0, set(), {FRAME_POINTER}
    at = start
    while at < start + size:
        code, registers, offset, value = struct.unpack_from("<BBhi", elf.data, base + at)
        target, source = registers & 15, registers >> 4
        if code == CALL and source == LOCAL:
            symbol = relocations.get(at)
            if symbol is None:
                calls.add((section, at + 8 + value * 8))
            elif symbol[1] & 15 == 3:  # a section: the place in it is in the instruction
                calls.add((symbol[2], (value + 1) * 8))
            else:
                calls.add((symbol[2], symbol[3]))
        elif code == WIDE and source == 4:  # address of a function, for bpf_loop()
            symbol = relocations.get(at)
            calls.add((section, at + 8 + value * 8) if symbol is None else
                      (symbol[2], value if symbol[1] & 15 == 3 else symbol[3]))
        elif code & 7 in (1, 2, 3):  # load and store
            base_register = source if code & 7 == 1 else target
            if base_register in pointers and base_register == FRAME_POINTER:
                deepest = max(deepest, -offset)
        elif code == 0x07 and target != FRAME_POINTER and -512 <= value < 0:
            # rN = r10; rN += -offset: what the compiler makes of the address of a variable
            before = struct.unpack_from("<BBhi", elf.data, base + at - 8)
            if before[0] == 0xBF and before[1] >> 4 == FRAME_POINTER and before[1] & 15 == target:
                deepest = max(deepest, -value)
        at += 16 if code == WIDE else 8
    return deepest, calls


def deepest_chain(frames, function, seen=()):
    """(bytes, names) of the deepest chain of calls that begins with `function`."""
    if function in seen or function not in frames:
        return 0, []
    name, size, calls = frames[function]
    size = max(size, 1)
    below = max((deepest_chain(frames, called, seen + (function,)) for called in calls),
                default=(0, []))
    return (size + ROUND - 1) // ROUND * ROUND + below[0], [name] + below[1]


def main():
    with open(sys.argv[1], "rb") as file:
        elf = Elf(file.read())
    limit = int(sys.argv[2]) if len(sys.argv) > 2 else 512
    frames = {}
    for (section, offset), (name, start, size) in elf.functions.items():
        relocations = elf.relocations(section)
        frame, calls = frame_and_calls(elf, section, start, size, relocations)
        frames[section, offset] = name, frame, calls
    called = {target for _, _, calls in frames.values() for target in calls}
    bad = False
    for function in frames:
        if function in called:
            continue
        depth, chain = deepest_chain(frames, function)
        if depth > limit:
            bad = True
            print(f"{depth} bytes of stack, of {limit}: {' > '.join(chain)}")
        elif len(sys.argv) > 2 and depth > limit * 7 // 8:
            print(f"near the limit: {depth} bytes of stack: {' > '.join(chain)}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
