"""Commands about evidence, for whoever doubts it."""

from __future__ import annotations

import json
import uuid
from pathlib import Path

import click
from flask.cli import AppGroup

from core.errors import DomainError
from dispatch.evidence import keys, verification

evidence = AppGroup("evidence", help="What visits leave behind, and whether it is as it was received.")


@evidence.command("verify")
@click.argument("visit_id", required=False, type=click.UUID)
@click.option("--all", "everything", is_flag=True, help="Every visit.")
@click.option(
    "--report",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A service report as JSON, checked by itself.",
)
@click.option(
    "--public-key",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Key that is believed, in PEM; again for more. Left out: those beside the key that signs.",
)
def verify(
    visit_id: uuid.UUID | None, everything: bool, report: Path | None, public_key: tuple[Path, ...]
) -> None:
    """Check the chain of a visit, of all visits, or in a report; exit with 1 where something is wrong."""
    if (visit_id is not None) + everything + (report is not None) != 1:
        raise click.UsageError("Name one visit, or give --all, or --report FILE.json.")
    if public_key and report is None:
        raise click.UsageError("--public-key goes with --report.")
    faults = _report_faults(report, public_key) if report else _visit_faults(visit_id)
    if faults:
        raise click.exceptions.Exit(1)


def _report_faults(report: Path, public_key: tuple[Path, ...]) -> int:
    trusted = keys.known_keys()
    if public_key:
        trusted = {}
        for path in public_key:
            try:
                key = keys.public_key_of(path.read_bytes())
            except (OSError, ValueError):
                raise click.ClickException(f"{path} is no Ed25519 public key in PEM.") from None
            trusted[keys.fingerprint_of(key)] = key
    try:
        given = json.loads(report.read_bytes())
    except (OSError, ValueError, RecursionError):
        raise click.ClickException(f"{report} is no JSON.") from None
    if not isinstance(given, dict):
        raise click.ClickException(f"{report} is no service report.")
    faults = verification.report_faults(given, trusted)
    for fault in faults:
        click.echo(f"{report.name}: {fault}.")
    if not faults:
        links, seals = len(given["chain"]), len(given["seals"])
        click.echo(f"{report.name}: good. Links: {links:,}, seals: {seals:,}.")
    return len(faults)


def _visit_faults(visit_id: uuid.UUID | None) -> int:
    ids = verification.visit_ids() if visit_id is None else [visit_id]
    if visit_id is not None and not verification.is_visit(visit_id):
        raise click.ClickException(f"There is no visit {visit_id}.")
    count = 0
    for one, faults in verification.faults_by_visit(ids):
        count += len(faults)
        for fault in faults:
            click.echo(f"{verification.name_of(one)}: {fault}.")
    if count:
        click.echo(f"Faults: {count:,} in {len(ids):,} checked visits.", err=True)
        return count
    try:
        keys.check()
    except DomainError as error:
        click.echo(f"{error}", err=True)
        return 1
    click.echo(f"Good: {len(ids):,} visits, {verification.count_links(ids):,} links.")
    return 0
