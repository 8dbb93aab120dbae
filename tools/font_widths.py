#!/usr/bin/env python3
"""Advance widths of a TrueType font, as the committed table of src/figure/font_widths.inc.

    tools/font_widths.py LiberationSans-Regular.ttf LiberationSans-Bold.ttf > src/figure/font_widths.inc

Liberation Sans (SIL Open Font License 1.1) has the advance widths of Arial and Helvetica, which are
what a reader's machine most likely draws with. Run by hand: figures must not depend on the fonts
of the machine that builds or draws. Runs are {first, last, width in 1/1000 em}.
"""
import struct
import sys


def tables(data):
    count = struct.unpack(">H", data[4:6])[0]
    for i in range(count):
        tag, _, offset, length = struct.unpack(">4sIII", data[12 + 16 * i : 28 + 16 * i])
        yield tag.decode(), data[offset : offset + length]


def cmap_format4(cmap):
    count = struct.unpack(">H", cmap[2:4])[0]
    for i in range(count):
        platform, encoding, offset = struct.unpack(">HHI", cmap[4 + 8 * i : 12 + 8 * i])
        if (platform, encoding) == (3, 1):
            return cmap[offset:]
    sys.exit("no Unicode cmap")


def glyphs(sub):
    segments = struct.unpack(">H", sub[6:8])[0] // 2
    def array(position, kind):
        return struct.unpack(f">{segments}{kind}", sub[position : position + 2 * segments])
    ends, starts = array(14, "H"), array(16 + 2 * segments, "H")
    deltas, range_at = array(16 + 4 * segments, "h"), 16 + 6 * segments
    ranges = array(range_at, "H")
    for i, (start, end) in enumerate(zip(starts, ends)):
        for code in range(start, min(end, 0xFFFE) + 1):
            if ranges[i] == 0:
                glyph = (code + deltas[i]) & 0xFFFF
            else:
                at = range_at + 2 * i + ranges[i] + 2 * (code - start)
                glyph = struct.unpack(">H", sub[at : at + 2])[0]
                glyph = (glyph + deltas[i]) & 0xFFFF if glyph else 0
            if glyph:
                yield code, glyph


def runs(path):
    with open(path, "rb") as file:
        table = dict(tables(file.read()))
    per_em = struct.unpack(">H", table["head"][18:20])[0]
    metrics = struct.unpack(">H", table["hhea"][34:36])[0]
    out = []
    for code, glyph in sorted(glyphs(cmap_format4(table["cmap"]))):
        if code < 32:
            continue
        at = 4 * min(glyph, metrics - 1)
        width = round(1000 * struct.unpack(">H", table["hmtx"][at : at + 2])[0] / per_em)
        if out and out[-1][1] == code - 1 and out[-1][2] == width:
            out[-1][1] = code
        else:
            out.append([code, code, width])
    return out


print("// Advance widths of Liberation Sans (© Red Hat, SIL OFL 1.1), 1/1000 em: tools/font_widths.py.")
for name, path in zip(("kRegular", "kBold"), sys.argv[1:]):
    print(f"constexpr WidthRun {name}[] = {{")
    line = "   "
    for first, last, width in runs(path):
        item = f" {{0x{first:X}, 0x{last:X}, {width}}},"
        if len(line) + len(item) > 99:
            print(line)
            line = "   "
        line += item
    print(line + "\n};")
