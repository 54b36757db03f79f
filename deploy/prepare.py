"""`python -m deploy.prepare` brings the database's tables up to date and says in JSON what is in it."""

from __future__ import annotations

import json
import sys

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from core import feed, feed_mark, revisions
from core.auth.actors import system
from core.auth.models import User
from core.config import SettingsError
from core.db import db, transaction
from dispatch.demo.load import is_empty
from wsgi import create_app


def prepare(app: Flask) -> dict[str, bool]:
    """Migrate, and return whether the database is ``empty`` and whether ``demo`` accounts can sign in.

    Raises
    ------
    SystemExit
        The database does not answer, is of a newer version, or was put back to an older state; the message
        is one sentence.
    """
    with app.app_context():
        try:
            found = revisions.found()
            if found is not None and found not in revisions.known():
                raise SystemExit(
                    f"The database was made by another version of Paidan (its tables are of {found}): "
                    "start that version, or choose another DATA_DIR or DATABASE_URL."
                )
            if found != revisions.newest():
                upgrade()
        except OperationalError as error:
            address = db.engine.url.render_as_string(hide_password=True)
            reason = str(error.orig).strip().splitlines()[-1]
            raise SystemExit(f"The database {address} cannot be used: {reason}") from None
        behind = feed_mark.problem(app.config["SETTINGS"].data_dir)
        if behind:
            raise SystemExit(behind)
        with transaction(system("start")):
            feed.mark_new()
        demo = select(func.count()).select_from(User).where(User.demo, User.active)
        return {"empty": is_empty(), "demo": bool(db.session.scalar(demo))}


if __name__ == "__main__":
    try:
        answer = prepare(create_app())
    except SettingsError as error:
        sys.exit(f"Paidan cannot start: {error}")
    print(json.dumps(answer))
