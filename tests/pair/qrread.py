# SPDX-License-Identifier: ISC
"""Reads a QR code drawn with half blocks: enough of ISO/IEC 18004 for codes without damage.

Correction level L and byte mode, versions 7 to 18: what a configuration needs.
"""

# By version: codewords of correction in each block, then (blocks, data codewords in each).
BLOCKS = {
    7: (20, (2, 78)), 8: (24, (2, 97)), 9: (30, (2, 116)), 10: (18, (2, 68), (2, 69)),
    11: (20, (4, 81)), 12: (24, (2, 92), (2, 93)), 13: (26, (4, 107)),
    14: (30, (3, 115), (1, 116)), 15: (22, (5, 87), (1, 88)), 16: (24, (5, 98), (1, 99)),
    17: (28, (1, 107), (5, 108)), 18: (30, (5, 120), (1, 121)),
}
ALIGNED = {
    7: (6, 22, 38), 8: (6, 24, 42), 9: (6, 26, 46), 10: (6, 28, 50), 11: (6, 30, 54),
    12: (6, 32, 58), 13: (6, 34, 62), 14: (6, 26, 46, 66), 15: (6, 26, 48, 70),
    16: (6, 26, 50, 74), 17: (6, 30, 54, 78), 18: (6, 30, 56, 82),
}
MASKS = (
    lambda r, c: (r + c) % 2, lambda r, c: r % 2, lambda r, c: c % 3, lambda r, c: (r + c) % 3,
    lambda r, c: (r // 2 + c // 3) % 2, lambda r, c: r * c % 2 + r * c % 3,
    lambda r, c: (r * c % 2 + r * c % 3) % 2, lambda r, c: ((r + c) % 2 + r * c % 3) % 2,
)
MARGIN = 4
HALVES = {" ": (1, 1), "\u2580": (0, 1), "\u2584": (1, 0), "\u2588": (0, 0)}     # 1: dark


def modules(drawing):
    """Rows of 0 and 1, without the margin, which must be light."""
    rows = []
    for line in drawing.splitlines():
        rows.append([HALVES[c][0] for c in line])
        rows.append([HALVES[c][1] for c in line])
    width = len(rows[0])
    size = width - 2 * MARGIN
    assert all(len(row) == width for row in rows) and len(rows) >= width
    inside = [row[MARGIN:MARGIN + size] for row in rows[MARGIN:MARGIN + size]]
    assert sum(map(sum, rows)) == sum(map(sum, inside)), "the margin is not light"
    return inside


def is_function(r, c, size, version):
    """Finders, timing, alignment, format and version: no data there."""
    last = size - 9
    if (r < 9 and c < 9) or (r < 9 and c > last) or (r > last and c < 9) or r == 6 or c == 6:
        return True
    if (r < 6 and c > last - 3) or (c < 6 and r > last - 3):
        return True
    spots = ALIGNED[version]
    corners = {(spots[0], spots[0]), (spots[0], spots[-1]), (spots[-1], spots[0])}
    return any(abs(r - y) < 3 and abs(c - x) < 3 for y in spots for x in spots
               if (y, x) not in corners)


def codewords(grid, version, mask):
    """In the order of placement: two columns at a time, up and down, from the right."""
    size, bits, up = len(grid), [], True
    columns = [c for c in range(size - 1, 6, -2)] + [5, 3, 1]
    for right in columns:
        for r in (range(size - 1, -1, -1) if up else range(size)):
            for c in (right, right - 1):
                if not is_function(r, c, size, version):
                    bits.append(grid[r][c] ^ (not MASKS[mask](r, c)))
        up = not up
    return [int("".join(map(str, map(int, bits[i:i + 8]))), 2) for i in range(0, len(bits) - 7, 8)]


def data_of(words, version):
    """The blocks are interleaved, the shorter ones first."""
    correction, *groups = BLOCKS[version]
    lengths = [length for count, length in groups for _ in range(count)]
    assert len(words) == sum(lengths) + correction * len(lengths), "codewords"
    blocks, at = [[] for _ in lengths], 0
    for i in range(max(lengths)):
        for block, length in zip(blocks, lengths):
            if i < length:
                block.append(words[at])
                at += 1
    return [word for block in blocks for word in block]


def read(drawing):
    """The text of the code."""
    grid = modules(drawing)
    size = len(grid)
    version = (size - 17) // 4
    assert size == 17 + 4 * version and version in BLOCKS, f"{size} modules"
    form = int("".join(str(grid[8][c]) for c in (0, 1, 2, 3, 4)), 2) ^ 0b10101
    assert form >> 3 == 0b01, "not correction level L"
    data = data_of(codewords(grid, version, form & 7), version)
    stream = "".join(f"{word:08b}" for word in data)
    assert stream[:4] == "0100", "not byte mode"
    count = 16 if version > 9 else 8
    length = int(stream[4:4 + count], 2)
    start = 4 + count
    return bytes(int(stream[start + 8 * i:start + 8 * i + 8], 2) for i in range(length)).decode()
