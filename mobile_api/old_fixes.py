"""What phones said of where they were, taken out of their operations once no phone has these any more."""

from __future__ import annotations

from sqlalchemy import String, cast, select, update

from core import clock, jobs
from core.auth.actors import system
from core.db import db, transaction
from mobile_api.models import Operation
from mobile_api.scopes import kept_since

_NONE: dict[str, list[object]] = {"fixes": []}
_AT_ONCE = 500


def forget() -> int:
    """Take the fixes out of operations that phones no longer keep, some hundreds at most; return how many.

    Until then the operation has to stay as it was said: the phone may send it again.
    """
    is_old = (Operation.kind == "position", Operation.received_at < kept_since())
    has_fixes = cast(Operation.payload, String) != '{"fixes": []}'
    with transaction(system("phones")) as session:
        ids = session.scalars(select(Operation.id).where(*is_old, has_fixes).limit(_AT_ONCE)).all()
        session.execute(update(Operation).where(Operation.id.in_(ids)).values(payload=_NONE))
    db.session.expire_all()
    return len(ids)


@jobs.handles("phones.forget_fixes")
def _forget(run: jobs.JobRun) -> None:
    while forget() == _AT_ONCE:
        continue
    with run.finishing(system("phones")):
        pass


def enqueue() -> None:
    """Have it done today."""
    jobs.enqueue("phones.forget_fixes", {}, key=f"phones.forget_fixes:{clock.now():%Y-%m-%d}")
