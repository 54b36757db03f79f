"""Imports sent by the API: small ones carried out at once, large ones as a job that can be interrupted."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flask import current_app
from sqlalchemy import func, select
from werkzeug.datastructures import FileStorage

from core import clock, jobs
from core.auth import people
from core.auth.actors import Actor, system
from core.db import db, transaction
from core.errors import Invalid, NotFound, mark
from dispatch.intake.engineers import ENGINEERS
from dispatch.intake.files import open_table
from dispatch.intake.imports import Importer, Report, check_allowed, import_rows
from dispatch.intake.mapping_documents import document_of, mapping_of
from dispatch.intake.mappings import Mapping
from dispatch.intake.models import ImportRun
from dispatch.intake.parts import PARTS
from dispatch.intake.requests import REQUESTS

KIND = "import"
MOST_AT_ONCE = 5000
IMPORTERS = {importer.kind: importer for importer in (REQUESTS, ENGINEERS, PARTS)}


def importer_of(kind: str) -> Importer:
    """Return how a kind is imported; raises Invalid."""
    if kind not in IMPORTERS:
        raise Invalid(mark("Only these can be imported: %(names)s."), names=", ".join(IMPORTERS))
    return IMPORTERS[kind]


def mapping_for(kind: str, document: dict[str, Any], time_zone: str = "") -> Mapping:
    """Return the checked mapping of a document for this kind; local times default to the company's zone."""
    zone: ZoneInfo = current_app.config["SETTINGS"].zone
    return mapping_of(document, kind, importer_of(kind).targets, zone, override=time_zone)


def file_of(run_id: uuid.UUID) -> Path:
    """Return where the file of an import lies until the import has ended."""
    folder: Path = current_app.config["SETTINGS"].data_dir / "imports"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / str(run_id)


def run_of(actor: Actor, run_id: uuid.UUID) -> ImportRun:
    """Return an import; raises NotFound."""
    actor.require("imports.read")
    run = db.session.get(ImportRun, run_id)
    if run is None:
        raise NotFound(mark("There is no such import."))
    return run


def latest_runs(actor: Actor, page: int, page_size: int) -> tuple[list[ImportRun], int]:
    """Return a page of the imports, newest first, and how many there are."""
    actor.require("imports.read")
    total = db.session.scalar(select(func.count()).select_from(ImportRun)) or 0
    query = select(ImportRun).order_by(ImportRun.created_at.desc(), ImportRun.id)
    return list(db.session.scalars(query.limit(page_size).offset((page - 1) * page_size))), total


def receive(actor: Actor, file: FileStorage | None, **form: Any) -> ImportRun:
    """Keep a file somebody sends and import it as `start` does; `form` as `prepare_run` takes it.

    Raises
    ------
    Invalid
        There is no file, or it cannot be used.
    """
    if file is None:
        raise Invalid(
            mark("Send the file as multipart/form-data."), fields={"file": [mark("There is no file.")]}
        )
    run_id = uuid.uuid4()
    path = file_of(run_id)
    try:
        file.save(path)
        run = prepare_run(actor, run_id, file_name=file.filename or "file", **form)
        start(actor, run)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return run


def prepare_run(
    actor: Actor,
    run_id: uuid.UUID,
    *,
    kind: str,
    file_name: str,
    mapping: str,
    dry_run: bool,
    time_zone: str,
) -> ImportRun:
    """Check a file that lies at `file_of` and return its import, not yet stored.

    Raises
    ------
    Forbidden
        They may not write what it brings.
    Invalid
        The file or the mapping cannot be used, or one does not fit the other.
    """
    document = document_of(mapping or kind)
    checked = mapping_for(kind, document, time_zone)
    check_allowed(actor, IMPORTERS[kind], checked)
    table = open_table(file_of(run_id), file_name)
    checked.check_columns(table.columns)
    return ImportRun(
        id=run_id,
        kind=kind,
        file_name=file_name[:200],
        mapping=document,
        time_zone=time_zone,
        dry_run=dry_run,
        rows_total=table.row_count(),
        rows_done=0,
        status="queued",
        report=Report().document(),
        requested_by_id=actor.user_id,
        requested_by_name=actor.name,
    )


def start(actor: Actor, run: ImportRun) -> None:
    """Import a small file at once, or enqueue a large one; opens its own transactions."""
    if run.rows_total > MOST_AT_ONCE:
        with transaction(actor) as session:
            session.add(run)
            run.job_id = jobs.enqueue(KIND, {"import_id": str(run.id)})
        return
    run.report = _import(actor, run, lambda report, row: None).document()
    run.status, run.rows_done, run.finished_at = "done", run.rows_total, clock.now()
    with transaction(actor) as session:
        session.add(run)
    file_of(run.id).unlink(missing_ok=True)


def _import(actor: Actor, run: ImportRun, keep: Callable[[Report, int], None]) -> Report:
    return import_rows(
        actor,
        IMPORTERS[run.kind],
        mapping_for(run.kind, run.mapping, run.time_zone),
        open_table(file_of(run.id), run.file_name),
        dry_run=run.dry_run,
        report=Report(**run.report),
        after_row=run.rows_done,
        on_chunk=keep,
    )


@jobs.handles(KIND)
def execute_run(job: jobs.JobRun) -> None:
    """Carry out an import as a job, on behalf of who sent it; taken up where a killed worker left it."""
    run = db.session.get_one(ImportRun, uuid.UUID(job.payload["import_id"]))
    if run.status in ("done", "failed"):
        return
    known = people.user_by_id(run.requested_by_id) if run.requested_by_id else None
    actor = people.actor_of(known) if known else system(run.requested_by_name)
    done = run.rows_done
    db.session.expunge(run)
    db.session.rollback()

    def stored() -> ImportRun:
        row = db.session.get_one(ImportRun, run.id, populate_existing=True, with_for_update=True)
        if row.rows_done != done:
            raise jobs.LeaseLostError(f"import {run.id} is carried out by another worker")
        return row

    def keep(report: Report, last_row: int) -> None:
        nonlocal done
        row = stored()
        row.report, row.rows_done, row.status = report.document(), last_row, "running"
        db.session.flush()
        done = last_row

    _import(actor, run, keep)
    with job.finishing(actor):
        row = stored()
        row.status, row.finished_at = "done", clock.now()
    file_of(run.id).unlink(missing_ok=True)


def _failed(payload: dict[str, Any], reason: str) -> None:
    run = db.session.get_one(ImportRun, uuid.UUID(payload["import_id"]), populate_existing=True)
    run.status, run.error, run.finished_at = "failed", reason, clock.now()
    file_of(run.id).unlink(missing_ok=True)


jobs.on_failure(KIND, _failed)
