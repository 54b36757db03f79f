"""Rows of a table become records: good ones land, bad ones say why, the same file twice changes nothing."""

from __future__ import annotations

import hashlib
import itertools
import json
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from core.audit import plain
from core.auth.actors import Actor
from core.db import db, transaction
from core.errors import DomainError, mark
from dispatch.intake.files import Table, UnreadableRow
from dispatch.intake.mappings import Mapping, RowError
from dispatch.intake.models import ImportedRow
from dispatch.intake.targets import Target

CHUNK = 2500
MOST_ERRORS = 1000
_TOO_LONG = mark("The row has more cells than the heading: check quotes and separators.")
_encode = json.JSONEncoder(sort_keys=True, ensure_ascii=False, default=str).encode


@dataclass
class Entry:
    """One row on its way: what it says, or what is wrong with it."""

    row: int
    values: dict[str, Any]
    errors: list[RowError]
    key: str = ""
    digest: str = ""

    def refuse(self, column: str, message: str, **facts: Any) -> None:
        """Say what is wrong with it; the row does not land."""
        self.errors.append(RowError(column, message, facts))


@dataclass
class Report:
    """What became of the rows read so far.

    Attributes
    ----------
    located, needs_location : int
        Of the accepted requests, those whose site has a position, and those whose site has none.
    errors : list of dict
        The first `MOST_ERRORS`: row, column, message and facts of its sentence.
    error_count : int
        All of them.
    """

    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0
    located: int = 0
    needs_location: int = 0
    error_count: int = 0
    errors: list[dict[str, Any]] = field(default_factory=list)

    def count(self, entries: Iterable[Entry]) -> None:
        """Count the rows and note what was wrong with them."""
        for entry in entries:
            self.rows += 1
            self.refused += bool(entry.errors)
            for error in entry.errors:
                self.error_count += 1
                if len(self.errors) < MOST_ERRORS:
                    told = {"column": error.column, "message": error.message, "facts": plain(error.facts)}
                    self.errors.append({"row": entry.row, **told})

    def document(self) -> dict[str, Any]:
        """Return it as JSON can hold it; ``Report(**document)`` is the way back."""
        return asdict(self)


@dataclass(frozen=True)
class Importer:
    """How one kind of record is imported.

    Attributes
    ----------
    permission : str
        What one needs to write such records.
    targets : dict
        The fields a mapping can fill.
    key_field : str
        The field by which a row is known again.
    check : callable
        ``check(mapping, entry)`` refuses rows whose values do not go together.
    create : callable
        ``create(actor, mapping, entries)``: resolves, refuses or writes new rows, and returns the ids of
        their records in the entries' order (None where refused).
    update : callable
        ``update(actor, mapping, pairs)``: the same for (entry, id) of records whose row has changed.
    known : callable
        ``known(mapping, keys)``: ids of existing records by key.
    settle : callable
        ``settle(ids, report)``: what else there is to count about accepted records.
    """

    kind: str
    permission: str
    targets: dict[str, Target]
    key_field: str
    check: Callable[[Mapping, Entry], None]
    create: Callable[[Actor, Mapping, list[Entry]], list[uuid.UUID | None]]
    update: Callable[[Actor, Mapping, list[tuple[Entry, uuid.UUID]]], None]
    known: Callable[[Mapping, list[str]], dict[str, uuid.UUID]]
    settle: Callable[[list[uuid.UUID], Report], None] = lambda ids, report: None


def check_allowed(actor: Actor, importer: Importer, mapping: Mapping) -> None:
    """Raise Forbidden unless the actor may write what rows become and what the mapping lets them create."""
    for permission in ("imports.write", importer.permission, *(f"{each}.write" for each in mapping.create)):
        actor.require(permission)


class _DryRun(Exception):
    """Ends a transaction whose effect was only to be seen."""


def import_rows(
    actor: Actor,
    importer: Importer,
    mapping: Mapping,
    table: Table,
    *,
    dry_run: bool = False,
    report: Report | None = None,
    after_row: int = 0,
    on_chunk: Callable[[Report, int], None] = lambda report, row: None,
) -> Report:
    """Import every row; each chunk is one transaction, so this is called where none is open.

    Parameters
    ----------
    dry_run : bool
        Do everything but keep nothing.
    report, after_row
        Where an interrupted import stands: its report, and the last row in it.
    on_chunk : callable
        ``on_chunk(report, last_row)``, inside the transaction that holds the chunk's effect.

    Raises
    ------
    Forbidden
        As `check_allowed`.
    Invalid
        The file lacks a column the mapping needs.
    """
    check_allowed(actor, importer, mapping)
    mapping.check_columns(table.columns)
    report = report or Report()
    entries = (entry for entry in _entries(importer, mapping, table) if entry.row > after_row)
    while chunk := list(itertools.islice(entries, CHUNK)):
        report = _store(actor, importer, mapping, chunk, report, dry_run, on_chunk)
    return report


def _entries(importer: Importer, mapping: Mapping, table: Table) -> Iterator[Entry]:
    seen: dict[str, int] = {}
    rows = table.rows()
    while True:
        try:
            number, row = next(rows)
        except StopIteration:
            return
        except UnreadableRow as error:
            yield Entry(error.row, {}, [RowError("", error.message, error.facts)])
            return
        if row is None:
            yield Entry(number, {}, [RowError("", _TOO_LONG, {})])
            continue
        values, errors = mapping.read(row)
        entry = Entry(number, values, errors)
        if not errors:
            importer.check(mapping, entry)
        if not entry.errors:
            entry.key = values[importer.key_field]
            entry.digest = _digest_of(values)
            first = seen.setdefault(entry.key, number)
            if first != number:
                column = mapping.column_of(importer.key_field)
                entry.refuse(column, mark("Row %(first)s has the same key."), first=first)
        yield entry


def _digest_of(values: dict[str, Any]) -> str:
    return hashlib.blake2b(_encode(values).encode(), digest_size=16).hexdigest()


def _store(
    actor: Actor,
    importer: Importer,
    mapping: Mapping,
    entries: list[Entry],
    before: Report,
    dry_run: bool,
    on_chunk: Callable[[Report, int], None],
) -> Report:
    """Store a chunk in one transaction; where the database refuses it, its halves, down to the bad row."""
    report = Report(**before.document())
    told = [len(entry.errors) for entry in entries]
    try:
        try:
            with transaction(actor):
                _write(actor, importer, mapping, [e for e in entries if not e.errors], report)
                report.count(entries)
                if dry_run:
                    raise _DryRun
                on_chunk(report, entries[-1].row)
        except _DryRun:
            with transaction(actor):
                on_chunk(report, entries[-1].row)
        return report
    except (IntegrityError, StaleDataError, DomainError) as error:
        for entry, count in zip(entries, told, strict=True):
            del entry.errors[count:]
        if len(entries) == 1:
            if entries[0].errors:
                raise
            if isinstance(error, DomainError):
                entries[0].refuse("", error.message, **error.facts)
            else:
                entries[0].refuse("", mark("A value that must be unique is taken by another record."))
            return _store(actor, importer, mapping, entries, before, dry_run, on_chunk)
        half = len(entries) // 2
        before = _store(actor, importer, mapping, entries[:half], before, dry_run, on_chunk)
        return _store(actor, importer, mapping, entries[half:], before, dry_run, on_chunk)


def _write(actor: Actor, importer: Importer, mapping: Mapping, entries: list[Entry], report: Report) -> None:
    if not entries:
        return
    keys = [entry.key for entry in entries]
    known = importer.known(mapping, keys)
    mine = (ImportedRow.kind == importer.kind, ImportedRow.source == mapping.source)
    query = select(ImportedRow.key, ImportedRow.digest).where(*mine, ImportedRow.key.in_(keys))
    digests = dict(db.session.execute(query).all())
    fresh = [entry for entry in entries if entry.key not in known]
    changed = [(e, known[e.key]) for e in entries if e.key in known and digests.get(e.key) != e.digest]
    unchanged = [known[e.key] for e in entries if e.key in known and digests.get(e.key) == e.digest]
    importer.update(actor, mapping, changed)
    made = importer.create(actor, mapping, fresh) if fresh else []
    taken = [(e, id_) for e, id_ in changed if not e.errors]
    new = [(e, id_) for e, id_ in zip(fresh, made, strict=True) if id_ is not None]
    written = taken + new
    if written:
        db.session.execute(
            delete(ImportedRow).where(*mine, ImportedRow.key.in_([entry.key for entry, _ in written]))
        )
        common = {"kind": importer.kind, "source": mapping.source}
        rows = [{**common, "key": e.key, "digest": e.digest, "record_id": id_} for e, id_ in written]
        db.session.execute(insert(ImportedRow), rows)
    report.created += len(new)
    report.updated += len(taken)
    report.unchanged += len(unchanged)
    importer.settle(unchanged + [id_ for _, id_ in written], report)
