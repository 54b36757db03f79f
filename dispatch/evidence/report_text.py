"""The words of a service report on paper, in the language of whoever reads it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import current_app
from flask_babel import format_decimal, gettext

from core.errors import mark
from core.i18n import local_time
from dispatch.workorders import rules

Rows = list[tuple[Any, ...]]
Shown = tuple[str, Rows, tuple[int, ...]]
KINDS = {
    "event": mark("Step"),
    "note": mark("Note"),
    "position": mark("Position"),
    "attachment_named": mark("Photo or signature told of"),
    "attachment_bytes": mark("File received"),
    "attachment_shown": mark("Pictures to show made"),
    "closing": mark("Order, customer and device at the end"),
}


def _at(told: str | None) -> str:
    return local_time(datetime.fromisoformat(told), "medium") if told else ""


def _status(name: str) -> str:
    return gettext(rules.STATUSES[name].en)


def facts(report: dict[str, Any], language: str) -> Rows:
    """Return what the visit was about, and how it ended."""
    order, site, asset, engineer = (report[name] for name in ("order", "site", "asset", "engineer"))
    visit, outcome = report["visit"], report["outcome"] or {}
    planned = " – ".join(map(_at, (visit["planned_start_at"], visit["planned_end_at"])))
    reason = outcome.get("reason", "")
    if outcome.get("status") == "incomplete" and reason in rules.INCOMPLETE_REASONS:
        reason = gettext(rules.INCOMPLETE_REASONS[reason])
    told = (
        (gettext("Work order"), f"{order['number']} {order['title']}"),
        (gettext("Category"), order["category"][language]),
        (gettext("Description"), order["description"]),
        (gettext("Customer"), f"{report['customer']['name']} ({report['customer']['number']})"),
        (gettext("Site"), "\n".join(filter(None, (site["name"], site["address"])))),
        (gettext("Asset"), " · ".join(filter(None, map((asset or {}).get, ("name", "model", "serial"))))),
        (gettext("Engineer"), f"{engineer['name']} ({engineer['number']})" if engineer else ""),
        (gettext("Planned"), planned if visit["planned_start_at"] else ""),
        (gettext("Status"), _status(outcome.get("status") or visit["status"])),
        (gettext("Ended"), _at(outcome.get("at"))),
        (gettext("Work done"), outcome.get("solution", "")),
        (gettext("Reason"), reason),
        (gettext("Note"), outcome.get("note", "")),
        (gettext("No signature, because"), outcome.get("signature_refused_reason", "")),
    )
    return [row for row in told if row[1]]


def tables(report: dict[str, Any], language: str) -> list[Shown]:
    """Return steps, parts, notes and check-ins, each under its heading; empty ones too."""
    steps = [_step(one) for one in report["steps"]]
    parts = [
        (one["number"], one["name"][language], f"{one['quantity']} {one['unit']}", one["by"], _at(one["at"]))
        for one in report["parts"]
    ]
    notes = [(_at(one["at"]), one["actor_name"], one["text"]) for one in report["notes"]]
    check_ins = [
        (
            _at(one["recorded_at"]),
            f"{one['lat']:.5f}, {one['lon']:.5f}" + _accuracy(one["accuracy_m"]),
            _distance(one),
        )
        for one in report["positions"]
    ]
    return [
        (gettext("What happened"), steps, (38, 28, 26, 86)),
        (gettext("Parts used for the order"), parts, (28, 62, 20, 30, 38)),
        (gettext("Notes"), notes, (38, 28, 112)),
        (gettext("Check-ins"), check_ins, (38, 70, 70)),
    ]


def _step(one: dict[str, Any]) -> tuple[Any, ...]:
    reasons = rules.INCOMPLETE_REASONS
    reason = gettext(reasons[one["reason"]]) if one["reason"] in reasons else one["reason"]
    told = [reason, _distance(one)]
    if one["time_quality"] == "uncertain":
        told.append(gettext("the phone's clock was not certain"))
    if one["received_at"][:16] != one["at"][:16]:
        told.append(gettext("received %(at)s", at=_at(one["received_at"])))
    verb = gettext(rules.VISIT_TRANSITIONS[one["verb"]].label)
    return _at(one["at"]), verb, one["by"], "; ".join(filter(None, told))


def _distance(one: dict[str, Any]) -> str:
    if one["distance_from_site_m"] is None:
        return ""
    away = gettext("%(distance)s m from the site", distance=format_decimal(one["distance_from_site_m"]))
    return f"{away}, {gettext('Outside the geofence')}" if one["outside_geofence"] else away


def _accuracy(accuracy_m: float | None) -> str:
    return "" if accuracy_m is None else f" (± {accuracy_m:.0f} m)"


def proof(report: dict[str, Any]) -> list[Shown]:
    """Return the chain and its seals."""
    links = [
        (one["number"], gettext(KINDS[one["kind"]]), _at(one["received_at"]), one["digest"])
        for one in report["chain"]
    ]
    seals = [
        (
            gettext("up to link %(number)s", number=one["number"]),
            _at(one["sealed_at"]),
            f"{gettext('Signature (Ed25519)')}: {one['signature']}",
            f"{gettext('Fingerprint of the key')}: {one['fingerprint']}",
        )
        for one in report["seals"]
    ]
    found: list[Shown] = []
    if links:
        heading = gettext("Chain of evidence: each digest (SHA-256) covers all before it")
        found.append((heading, links, (8, 40, 38, 92)))
    if seals:
        found.append((gettext("Seals"), seals, (24, 34, 66, 54)))
    return found


def closing_words(report: dict[str, Any]) -> list[str]:
    """Return what a reader should know at the end."""
    zone = current_app.config["SETTINGS"].time_zone
    last = report["chain"][-1]["number"] if report["chain"] else 0
    sealed = report["seals"][-1]["number"] if report["seals"] else 0
    told = [gettext("Times are those of %(zone)s. Made %(at)s.", zone=zone, at=_at(report["made_at"]))]
    if not last:
        told.append(gettext("Nothing was attested of this visit: it is older than the chain of evidence."))
    elif sealed < last:
        told.append(gettext("The end of the chain is not sealed yet: this report is not final."))
    told.append(
        gettext(
            "Parts are those booked for the order, of whichever visit, and are not attested. "
            "The report as JSON has all facts and is checked by: flask evidence verify --report FILE.json "
            "--public-key KEY.pub"
        )
    )
    return told
