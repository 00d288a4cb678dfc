#!/usr/bin/env python3
"""Cut WenQuanYi Micro Hei down to what reports need: GBK, Latin, Greek, punctuation and symbols.

    python3 subset.py /usr/share/fonts/truetype/wqy/wqy-microhei.ttc wqy-gbk.ttf
    zstd -19 --rm wqy-gbk.ttf

Needs fontTools (written with 4.38, Debian's python3-fonttools) and the font (Debian's fonts-wqy-microhei, 0.2.0-beta).
Hinting and layout tables go, as gofpdf uses neither.
"""
import sys

from fontTools import subset
from fontTools.ttLib import TTCollection

# Beside GBK: ranges of code points, the last one left out.
RANGES = [
    (0x0020, 0x007F), (0x00A0, 0x0180),  # Latin
    (0x0370, 0x0400),                    # Greek
    (0x2010, 0x2040),                    # punctuation
    (0x2190, 0x21FF),                    # arrows
    (0x2460, 0x2474),                    # circled numbers
    (0x2500, 0x25FF),                    # box drawing, shapes
    (0x3000, 0x3030),                    # Chinese punctuation
    (0xFF00, 0xFFEF),                    # full width forms
]
SYMBOLS = "✓✔✘ℹ≈≠≤≥∞√∑€￥"
DROP = "GSUB GPOS GDEF vhea vmtx VORG BASE DSIG kern morx feat gasp FFTM EBDT EBLC EBSC bdat bloc".split()


def gbk():
    """The ideographs of GBK."""
    for high in range(0x81, 0xFF):
        for low in range(0x40, 0xFF):
            try:
                c = bytes([high, low]).decode("gbk")
            except UnicodeDecodeError:
                continue
            if "\u4e00" <= c <= "\u9fff":
                yield c


def main(source, target):
    font = TTCollection(source).fonts[0]
    font.recalcTimestamp = False  # the same bytes on every day
    options = subset.Options()
    options.layout_features = []
    options.hinting = False
    options.name_IDs = ["*"]
    options.notdef_outline = True
    options.glyph_names = False
    options.legacy_cmap = False
    options.drop_tables += DROP
    cut = subset.Subsetter(options)
    wanted = set(gbk()) | set(SYMBOLS) | {chr(c) for first, end in RANGES for c in range(first, end)}
    cut.populate(text="".join(sorted(wanted)))
    cut.subset(font)
    font.save(target)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
