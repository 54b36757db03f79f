"""PostgreSQL databases for tests, made and dropped beside the one TEST_DATABASE_URL names.

``python -m tests.databases create URL`` and ``… drop URL`` do it for `.ci/run`.
"""

from __future__ import annotations

import sys

from sqlalchemy import NullPool, create_engine, make_url, text
from sqlalchemy.exc import SQLAlchemyError

from core.config import Settings


def create_database(address: str) -> None:
    """Make the database anew, empty."""
    drop_database(address)
    _execute(address, "CREATE DATABASE")


def drop_database(address: str) -> None:
    """Drop the database if it is there."""
    _execute(address, "DROP DATABASE IF EXISTS")


def _execute(address: str, verb: str) -> None:
    url = make_url(Settings.from_env({"DATABASE_URL": address}).database)
    server = create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with server.connect() as connection:
        connection.execute(text(f'{verb} "{url.database}"'))


if __name__ == "__main__":
    try:
        {"create": create_database, "drop": drop_database}[sys.argv[1]](sys.argv[2])
    except SQLAlchemyError as error:
        sys.exit(f"PostgreSQL: {str(error).splitlines()[0]}")
