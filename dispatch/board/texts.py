"""The words of the board's browser side, in the reader's language."""

from __future__ import annotations

from flask_babel import gettext

from core.errors import mark
from dispatch.flows.schemas import PRIORITY_NAMES
from dispatch.workorders.rules import STATUSES

_TEXTS = {
    "lanes": mark("Engineers and their visits"),
    "rest": mark("Break"),
    "locked": mark("locked"),
    "fix": mark("So long ago the phone said where it is"),
    "map": mark("Map"),
    "unplanned": mark("Unplanned"),
    "planned": mark("Planned"),
    "running": mark("Optimization run"),
    "waiting": mark("Waiting for a worker"),
    "solving": mark("Looking for a better plan"),
    "phase.snapshot": mark("Reading orders and engineers"),
    "phase.travel": mark("Working out travel times"),
    "phase.solving": mark("Looking for a better plan"),
    "phase.storing": mark("Storing the plan"),
    "cancel": mark("Stop, keep the best so far"),
    "preview": mark("Preview"),
    "before": mark("before:"),
    "publish": mark("Publish"),
    "publish_part": mark("Publish what is ticked"),
    "discard": mark("Discard"),
    "close": mark("Close the preview"),
    "change": mark("What changes"),
    "change.new": mark("new"),
    "change.moved": mark("moved"),
    "change.kept": mark("unchanged"),
    "change.left_out": mark("left out"),
    "change.removed": mark("taken out"),
    "order": mark("Work order"),
    "engineer": mark("Engineer"),
    "engineers": mark("Engineers with work"),
    "time": mark("Time"),
    "why": mark("Why"),
    "would_help": mark("Would help:"),
    "promise": mark("breaks a promise"),
    "left_out_now": mark("left as it was"),
    "stale": mark("changed meanwhile"),
    "nothing_changes": mark("Nothing would change."),
    "published": mark("Published"),
    "travel": mark("Travel"),
    "travel_each": mark("Travel per visit"),
    "distance": mark("Distance"),
    "lateness": mark("Lateness"),
    "late": mark("After the due time"),
    "day": mark("Day"),
    "territory": mark("Territory"),
    "all": mark("All"),
    "seconds": mark("Time limit (s)"),
    "optimize": mark("Optimize"),
    "loading": mark("Loading…"),
    "all_planned": mark("Everything is planned."),
    "offline": mark("The server does not answer; trying again."),
    "run.failed": mark("The run failed."),
    "run.cancelled": mark("The run was cancelled."),
}


def texts_of_board() -> dict[str, str]:
    """Return every word `board.js` shows, by its key."""
    texts = {key: gettext(text) for key, text in _TEXTS.items()}
    texts.update({f"status.{status}": gettext(style.en) for status, style in STATUSES.items()})
    texts.update({f"priority.{priority}": gettext(name) for priority, name in PRIORITY_NAMES.items()})
    return texts
