"""Commands about people, for the machine's owner."""

from __future__ import annotations

import secrets

import click
from flask.cli import AppGroup
from sqlalchemy import select

from core.auth import people, tokens
from core.auth.actors import system
from core.auth.models import User
from core.auth.passwords import hash_password
from core.db import db, transaction
from core.errors import DomainError

users = AppGroup("users", help="People who sign in.")


@users.command("create-admin")
@click.option("--email", prompt=True)
@click.option("--name", default="Administrator", show_default=True)
@click.option("--password", help="Left out: a random one is made and printed.")
def create_admin(email: str, name: str, password: str | None) -> None:
    """Make an administrator who can sign in at once."""
    shown = password or secrets.token_urlsafe(12)
    if "@" not in email:
        raise click.ClickException(f"{email!r} is not an e-mail address.")
    try:
        with transaction(system("command line")) as session:
            actor = session.info["actor"]
            people.add(actor, email=email, name=name, roles=["admin"], password_hash=hash_password(shown))
    except DomainError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{email} is an administrator." + ("" if password else f" Password: {shown}"))


@users.command("create-token")
@click.argument("email")
@click.option("--name", default="command line", show_default=True, help="What the token is for.")
def create_token(email: str, name: str) -> None:
    """Print a new API token of this person, and nothing else."""
    user = db.session.scalar(select(User).where(User.email == email.lower(), User.active))
    if user is None:
        raise click.ClickException(f"Nobody active has the e-mail address {email!r}.")
    with transaction(system("command line")):
        _, secret = tokens.issue(people.actor_of(user), name=name)
    click.echo(secret)
