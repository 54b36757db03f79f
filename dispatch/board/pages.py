"""The HTML door to the board: a shell that `board.js` fills from the JSON API."""

from __future__ import annotations

import uuid
from datetime import date, datetime, time, timedelta

from flask import Blueprint, current_app, render_template, request
from flask_babel import format_date, get_locale, gettext
from sqlalchemy import select

from core import clock
from core.db import db
from core.web import page_actor
from dispatch.board.texts import texts_of_board
from dispatch.workforce.shifts import day_of_next_work
from dispatch.workorders.rules import STATUSES
from geo.models import Territory

bp = Blueprint("board", __name__, template_folder="templates")


@bp.get("/board")
def day() -> str:
    """Show one day: ``?day=YYYY-MM-DD&territory=ID&run=ID``; the next with work and everything by default."""
    who = page_actor()
    who.require("optimization-runs.read")
    settings = current_app.config["SETTINGS"]
    shown = _day(request.args.get("day", "")) or day_of_next_work(clock.now(), settings.zone)
    starts = datetime.combine(shown, time(), settings.zone)
    ends = datetime.combine(shown + timedelta(days=1), time(), settings.zone)
    query = {"from": starts.isoformat(), "until": ends.isoformat()}
    territory = _id(request.args.get("territory", ""))
    if territory:
        query["territory_id"] = territory
    territories = db.session.scalars(select(Territory).where(Territory.active).order_by(Territory.name))
    locale = get_locale()
    config = {
        "day": shown.isoformat(),
        "query": query,
        "run_id": _id(request.args.get("run", "")),
        "now": clock.now().isoformat(),
        "zone": settings.time_zone,
        "locale": locale.language if locale else "zh",
        "tiles": settings.map_tiles,
        "may_plan": who.may("optimization-runs.write"),
        "territories": [{"id": str(t.id), "name": t.name, "geometry": t.geometry} for t in territories],
        "texts": texts_of_board(),
        "colours": {status: style.colour for status, style in STATUSES.items()},
    }
    lead = format_date(shown, "full")
    return render_template("board/board.html", title=gettext("Dispatch board"), lead=lead, config=config)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _id(text: str) -> str:
    try:
        return str(uuid.UUID(text))
    except ValueError:
        return ""
