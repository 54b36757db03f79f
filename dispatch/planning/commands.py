"""`flask runs`: what a run was asked and what it answered, as files."""

from __future__ import annotations

import uuid
from pathlib import Path

import click
from flask.cli import AppGroup
from sqlalchemy import select

from core.db import db
from core.errors import DomainError
from dispatch.planning.archive import texts_of
from dispatch.planning.models import OptimizationRun

runs = AppGroup("runs", help="Optimization runs.")


@runs.command("export")
@click.argument("run")
@click.option(
    "--to", "folder", type=click.Path(file_okay=False, path_type=Path), default=".", show_default=True
)
def export(run: str, folder: Path) -> None:
    """Write problem.json and plan.json of RUN (its number or id), for `python -m optimizer check`."""
    try:
        named = OptimizationRun.id == uuid.UUID(run)
    except ValueError:
        named = OptimizationRun.number == run
    row = db.session.scalar(select(OptimizationRun).where(named))
    if row is None:
        raise click.ClickException(f"There is no such run: {run}.")
    try:
        texts = texts_of(row)
    except DomainError as error:
        raise click.ClickException(str(error)) from None
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name}.json").write_text(text, encoding="utf-8")
    click.echo(f"Check it: python -m optimizer check {folder / 'problem.json'} {folder / 'plan.json'}")
