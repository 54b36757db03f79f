"""`flask backup` and `flask restore`, for the machine's owner."""

from __future__ import annotations

from pathlib import Path

import click

from core.backup import making, restoring
from core.backup.archive import BackupError


@click.command("backup")
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False))
def backup_command(target: Path) -> None:
    """Write the database, the files it speaks of and the keys to TARGET (.tar.gz); the server may run."""
    try:
        made = making.make(target.absolute())
    except (BackupError, OSError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{target} holds {made.rows} rows and {made.files} files. Keep it secret: it has the keys.")
    if not made.has_files:
        click.echo("Photos and other files are not in it: they lie where FILES_URL says; back that up too.")


@click.command("restore")
@click.argument("source", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--yes", is_flag=True, help="Also where the database holds something.")
def restore_command(source: Path, yes: bool) -> None:
    """Put the backup SOURCE in the place of the database; stop the server and the worker first."""
    try:
        done = restoring.restore(source.absolute(), over_what_is_there=yes)
    except (BackupError, OSError) as error:
        raise click.ClickException(str(error)) from None
    for sentence in done.sentences:
        click.echo(sentence)
