"""Service reports as PDF, in Chinese or English, with the font inside."""

from __future__ import annotations

import hashlib
import io
from datetime import datetime
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from flask_babel import force_locale, format_decimal, gettext
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Flowable, Image, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from core import files
from core.i18n import local_time
from dispatch.evidence import report_text as text

FONT, UNKNOWN = "PaidanReport", "〓"
"""The font, and what stands for a character it does not have, as printers in East Asia do."""
_FILE = Path(__file__).parent / "fonts" / "NotoSansSC-report.ttf"
_WIDTH = A4[0] - 32 * mm
_PICTURE = 40 * mm
_CAPTION = 300
"""More characters than this of a caption are left to the JSON, or pictures would not fit on their page."""
_GREY = colors.HexColor("#5b6570")
_RULES = TableStyle(
    [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LINEBELOW", (0, 0), (-1, -1), 0.3, colors.HexColor("#d5dae0")),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("TOPPADDING", (0, 0), (-1, -1), 1.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
    ]
)


@cache
def _known() -> frozenset[int]:
    """Register the font, and return the characters it has."""
    font = TTFont(FONT, str(_FILE))
    pdfmetrics.registerFont(font)
    return frozenset(font.face.charToGlyph)


def pdf_of(report: dict[str, Any], language: str) -> bytes:
    """Return a report, as `reports.report_of` gives it, as PDF.

    Parameters
    ----------
    language : {'zh', 'en'}
    """
    with force_locale(language):
        page = _Page(report, language)
        written = io.BytesIO()
        document = SimpleDocTemplate(
            written,
            pagesize=A4,
            leftMargin=16 * mm,
            rightMargin=16 * mm,
            topMargin=15 * mm,
            bottomMargin=16 * mm,
            title=page.title,
            author="Paidan",
            lang=language,
        )
        document.build(page.story(), onFirstPage=page.foot, onLaterPages=page.foot)
    return written.getvalue()


class _Page:
    """A report on its way to paper."""

    def __init__(self, report: dict[str, Any], language: str) -> None:
        self.report, self.language, self.known = report, language, _known()
        wrap = "CJK" if language == "zh" else None
        base = ParagraphStyle("base", fontName=FONT, fontSize=8.5, leading=12, wordWrap=wrap)
        self.plain = base
        self.small = ParagraphStyle("small", base, fontSize=6, leading=8, textColor=_GREY)
        self.head = ParagraphStyle("head", base, fontSize=11, leading=15, spaceBefore=9, spaceAfter=3)
        self.top = ParagraphStyle("top", base, fontSize=17, leading=23, spaceAfter=5)
        number = f"{report['order']['number']}-{report['visit']['sequence']}"
        self.title = f"{gettext('Service report')} {number}"

    def words(self, value: Any, style: ParagraphStyle | None = None) -> Paragraph:
        """Return a text as it may stand in a cell; characters the font lacks are marked."""
        shown = "".join(c if ord(c) in self.known or c == "\n" else UNKNOWN for c in str(value))
        return Paragraph(escape(shown).replace("\n", "<br/>"), style or self.plain)

    def story(self) -> list[Flowable]:
        """Return the whole of it."""
        found: list[Flowable] = [self.words(self.title, self.top)]
        found.append(self.table(text.facts(self.report, self.language), (28, 150)))
        for heading, rows, widths in text.tables(self.report, self.language):
            if rows:
                found += [self.words(heading, self.head), self.table(rows, widths)]
        found += self.pictures()
        for heading, rows, widths in text.proof(self.report):
            found += [self.words(heading, self.head), self.table(rows, widths, self.small)]
        found += [Spacer(1, 4), *(self.words(line, self.small) for line in text.closing_words(self.report))]
        return found

    def table(
        self, rows: list[tuple[Any, ...]], widths: tuple[int, ...], style: ParagraphStyle | None = None
    ) -> Table:
        """Return rows as a table; `widths` are shares of the page's."""
        share = _WIDTH / sum(widths)
        cells = [[self.words(value, style) for value in row] for row in rows]
        return Table(cells, [width * share for width in widths], style=_RULES, hAlign="LEFT", splitInRow=1)

    def pictures(self) -> list[Flowable]:
        """Return photos and the signature, four beside each other."""
        shown = list(self.report["photos"])
        if self.report["signature"]:
            shown.append(self.report["signature"])
        if not shown:
            return []
        cells = [[self._picture(one), *self._beneath(one)] for one in shown]
        lines = [cells[at : at + 4] for at in range(0, len(cells), 4)]
        lines[-1] += [[] for _ in range(4 - len(lines[-1]))]
        table = Table(lines, [_WIDTH / 4] * 4, style=_RULES, hAlign="LEFT")
        return [self.words(gettext("Photos and signatures"), self.head), table]

    def _picture(self, one: dict[str, Any]) -> Flowable:
        data = _bytes_of(one.get("thumbnail_sha256"))
        if data is None:
            missing = gettext("Still on the phone") if one["sha256"] is None else gettext("No picture here")
            return self.words(missing)
        return Image(io.BytesIO(data), width=_PICTURE, height=_PICTURE, kind="proportional", hAlign="LEFT")

    def _beneath(self, one: dict[str, Any]) -> list[Flowable]:
        label = gettext("Signature of %(name)s", name=one["signer"]) if one["signer"] else one["caption"]
        at = local_time(datetime.fromisoformat(one["taken_at"]), "medium")
        size = gettext("%(size)s KB", size=format_decimal(-(-(one.get("size") or 0) // 1000)))
        if len(label) > _CAPTION:
            label = label[:_CAPTION] + "…"
        told = [label, f"{at} · {size}" if one["sha256"] else at]
        digest = [self.words(f"SHA-256 {one['sha256']}", self.small)] if one["sha256"] else []
        return [*(self.words(line) for line in told if line), *digest]

    def foot(self, canvas: Any, document: Any) -> None:
        """Draw what stands at the foot of every page."""
        canvas.setFont(FONT, 7)
        canvas.setFillColor(_GREY)
        canvas.drawString(16 * mm, 9 * mm, self.title)
        canvas.drawRightString(A4[0] - 16 * mm, 9 * mm, str(document.page))


def _bytes_of(sha256: str | None) -> bytes | None:
    """Return the bytes of a kept file, if they are here and are those that were attested."""
    if sha256 is None:
        return None
    try:
        with files.open_kept(sha256) as stream:
            data = stream.read()
    except FileNotFoundError:
        return None
    return data if hashlib.sha256(data).hexdigest() == sha256 else None
