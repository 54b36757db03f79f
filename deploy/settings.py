"""`python -m deploy.settings` writes docs/settings.md from the settings' own descriptions."""

from __future__ import annotations

from pathlib import Path

from core.config import settings_table

PAGE = Path(__file__).parent.parent / "docs" / "settings.md"
OF_THE_LAUNCHER = [
    ("HOST", "127.0.0.1", "address to listen on; demo accounts exist on loopback only"),
    ("TLS_CERT", "", "certificate (PEM, with its chain) to serve https with; phones need https"),
    ("TLS_KEY", "", "the key of TLS_CERT (PEM, no password)"),
    ("PORT", "8000", "port to listen on"),
    ("DEMO", "1", "0: an empty database stays empty instead of getting the demo town"),
]


def page_text() -> str:
    """Return the page."""
    head = [
        "# Settings",
        "",
        "Set them as environment variables, or after `make run`: `make run PORT=8001`. A wrong value stops",
        "the start with a sentence. This page is written by `make settings`.",
        "",
    ]
    launcher = ["", "## Of `make run` alone", ""]
    return "\n".join([*head, *_table(settings_table()), *launcher, *_table(OF_THE_LAUNCHER)]) + "\n"


def _table(rows: list[tuple[str, str, str]]) -> list[str]:
    lines = ["| setting | default | what it is |", "|---|---|---|"]
    for name, default, about in rows:
        lines.append(f"| `{name}` | {f'`{default}`' if default else 'empty'} | {about.replace('|', '/')} |")
    return lines


if __name__ == "__main__":
    PAGE.write_text(page_text(), encoding="utf-8")
