#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What is in the frames of a recording, as recording_input.h has it: unpack_recording.py FILE OUT.

Of the events, and of the rows of each pool, only the first few are taken: a corpus is to be small.
Thread ids above 8192 are refused by fuzzers (FUZZ_CFLAGS): record in a guest, or soon after boot.
"""

import struct
import sys
import zlib

EVENTS, ROWS = 1, 2
ROWS_KEPT = 4
MOST = 3000  # bytes of events


def main():
    with open(sys.argv[1], "rb") as file:
        data = file.read()
    at = 24 + struct.unpack_from("<I", data, 20)[0]
    out = bytearray(1)  # done with it: 0
    while at + 24 <= len(data):
        _, kind, _, stored, _, _ = struct.unpack_from("<6I", data, at)
        raw = zlib.decompress(data[at + 24:at + 24 + stored])
        at += 24 + stored
        if kind == EVENTS:
            raw = raw[:MOST]
        elif kind == ROWS:
            pool, first, size, count = struct.unpack_from("<4I", raw)
            kept = min(count, ROWS_KEPT)
            raw = struct.pack("<4I", pool, first, size, kept) + raw[16:16 + kept * size]
        if len(raw) < 65536:
            out += struct.pack("<BH", kind, len(raw)) + raw
    with open(sys.argv[2], "wb") as file:
        file.write(out)


if __name__ == "__main__":
    main()
