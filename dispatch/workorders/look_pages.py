"""The page on which engineers read who looked at where they were, and managers who looked at whom."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask_babel import gettext

from core import lists, records
from core.web import page_actor
from dispatch.workorders.resources import ALL_LOOKS, LOOKS

_COLUMNS = ("at", "by_name", "engineer_id", "from_at", "until_at")
bp = Blueprint("position_looks", __name__, url_prefix="/position-looks")


@bp.get("")
def list_() -> str:
    """List the looks this person may read, newest first."""
    who = page_actor()
    args, filters = lists.filters_of(LOOKS, ("engineer_id",) if who.may(ALL_LOOKS) else ())
    page = records.page_of(LOOKS, who, args)
    schema = LOOKS.schema()
    return render_template(
        "list.html",
        title=gettext(LOOKS.label_plural),
        lead=gettext("Who saw where an engineer was, when, and over which time."),
        filters=filters,
        datalists=[field["datalist"] for field in filters if field.get("datalist")],
        columns=lists.columns_of(LOOKS, _COLUMNS, args.get("sort") or LOOKS.sort[0]),
        rows=[{name: lists.cell_of(who, schema, name, look) for name in _COLUMNS} for look in page.items],
        empty={"text": gettext("Nobody has looked.")},
        page=lists.pager(
            page.page,
            page.total,
            lambda number: lists.url_of(LOOKS, "list_", **{**request.args.to_dict(), "page": number}),
        ),
    )
