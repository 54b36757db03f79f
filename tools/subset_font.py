"""Cuts the font of service reports out of a whole Noto Sans SC: ``python tools/subset_font.py WHOLE.ttf``.

Needs `pip install fonttools`, at development time alone; what it writes is committed. The whole font is in
the npm package ``@expo-google-fonts/noto-sans-sc`` (``400Regular/NotoSansSC_400Regular.ttf``), its licence,
the SIL Open Font License, beside it. Kept are Latin, punctuation, all of GB 2312, and characters that names
have beyond it.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

WRITTEN = Path(__file__).parent.parent / "dispatch/evidence/fonts/NotoSansSC-report.ttf"
NAMES = (
    "喆堃淼珺玥昇翀頔煊烨祎旻旸晞珩珣璟璠琦璐瑄垚犇骉鑫焱燚㛃玙佘芈邬邰郜郏郗镕钰铱锴"
    "嬅嫘囡囧奡曌甯昉晟晔玮琮瑭瓒稣笪缪闫闳阚"
)
RANGES = (
    (0x20, 0x7E),
    (0xA0, 0x17F),
    (0x2010, 0x2027),
    (0x2030, 0x203B),
    (0x20A0, 0x20BF),
    (0x2190, 0x2193),
    (0x2460, 0x2473),
    (0x3000, 0x3017),
    (0xFF01, 0xFF5E),
    (0xFFE0, 0xFFE6),
)


def wanted() -> set[int]:
    """Return the code points that are kept."""
    found = {point for first, last in RANGES for point in range(first, last + 1)} | set(map(ord, NAMES))
    for row in range(0xA1, 0xF8):
        for cell in range(0xA1, 0xFF):
            found.update(map(ord, bytes((row, cell)).decode("gb2312", "ignore")))
    return found


def main(whole: str) -> None:
    """Write the font."""
    options = subset.Options()
    options.layout_features, options.hinting, options.notdef_outline = [], False, True
    options.name_IDs, options.drop_tables = (
        [0, 1, 2, 4, 6, 13, 14],
        ["GSUB", "GPOS", "GDEF", "vhea", "vmtx", "STAT"],
    )
    font = TTFont(whole)
    cut = subset.Subsetter(options)
    cut.populate(unicodes=wanted())
    cut.subset(font)
    font.save(WRITTEN)
    print(f"{WRITTEN.name}: {len(font.getBestCmap()):,} characters, {WRITTEN.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(sys.argv[1])
