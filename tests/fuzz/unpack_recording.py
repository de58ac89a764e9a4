#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What is in the frames of a recording, as fuzz_recording takes it: unpack_recording.py FILE OUT.

Rows of the end are left out but for those that are in use, and of each pool the first few only: a
corpus is to be small.
"""

import struct
import sys
import zlib

EVENTS, ROWS = 1, 2
ROWS_KEPT = 4
MOST = 12000  # bytes of events


def main():
    with open(sys.argv[1], "rb") as file:
        data = file.read()
    at = 24 + struct.unpack_from("<I", data, 20)[0]
    out = bytearray()
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
