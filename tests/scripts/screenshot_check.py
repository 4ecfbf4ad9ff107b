#!/usr/bin/env python3
"""Fails unless a PNG screenshot shows something: many colours, none of which fills it.

    screenshot_check.py FILE.png
"""

import struct
import sys
import zlib
from collections import Counter


def chunks(data):
    """(type, content) of every chunk after the signature."""
    at = 8
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        yield kind, data[at + 8:at + 8 + length]
        at += 12 + length


def paeth(a, b, c):
    p = a + b - c
    distances = abs(p - a), abs(p - b), abs(p - c)
    return (a, b, c)[distances.index(min(distances))]


def pixels(data):
    """Rows of 8-bit RGB or RGBA pixels as tuples."""
    parts = list(chunks(data))
    width, height, depth, colour = struct.unpack(">IIBB", parts[0][1][:10])
    if depth != 8 or colour not in (2, 6):
        sys.exit(f"8-bit RGB or RGBA expected, depth {depth} and colour type {colour} came")
    step = 3 if colour == 2 else 4
    raw = zlib.decompress(b"".join(content for kind, content in parts if kind == b"IDAT"))
    above = bytearray(width * step)
    for y in range(height):
        start = y * (width * step + 1)
        kind, row = raw[start], bytearray(raw[start + 1:start + 1 + width * step])
        for i in range(len(row)) if kind else ():
            left = row[i - step] if i >= step else 0
            corner = above[i - step] if i >= step else 0
            guess = (0, left, above[i], (left + above[i]) // 2, paeth(left, above[i], corner))[kind]
            row[i] = (row[i] + guess) & 255
        yield [tuple(row[i:i + 3]) for i in range(0, len(row), step)]
        above = row


def main():
    with open(sys.argv[1], "rb") as file:
        data = file.read()
    if not data.startswith(b"\x89PNG\r\n\x1a\n"):
        sys.exit("a PNG file expected")
    counts = Counter(pixel for row in pixels(data) for pixel in row)
    share = counts.most_common(1)[0][1] / sum(counts.values())
    print(f"{len(counts)} colours, the most frequent on {share:.0%}")
    return 0 if len(counts) > 200 and share < 0.98 else 1


if __name__ == "__main__":
    sys.exit(main())
