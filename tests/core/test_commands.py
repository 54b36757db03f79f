"""Commands for the machine's owner."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask

from core.commands import users
from core.db import db
from tests.conftest import Client


def test_a_token_made_on_the_command_line_signs_a_program_in(
    app: Flask, client_of: Callable[..., Client]
) -> None:
    client_of("dispatcher", email="anna@example.org")
    made = app.test_cli_runner().invoke(users, ["create-token", "Anna@example.org"])
    assert made.exit_code == 0, made.output
    who = Client(app.test_client(), made.output.strip()).get("/session")
    assert who.json["name"] == "dispatcher"


def test_nobody_gets_no_token(app: Flask) -> None:
    made = app.test_cli_runner().invoke(users, ["create-token", "nobody@example.org"])
    assert made.exit_code == 1
    assert "Nobody active has the e-mail address 'nobody@example.org'" in made.output
    db.session.rollback()


def test_an_administrator_made_on_the_command_line_can_sign_in(app: Flask) -> None:
    made = app.test_cli_runner().invoke(users, ["create-admin", "--email", "boss@example.org"])
    assert made.exit_code == 0, made.output
    password = made.output.strip().rpartition("Password: ")[2]
    answer = Client(app.test_client(), None).post(
        "/session", json={"email": "boss@example.org", "password": password}
    )
    assert answer.json["roles"] == ["admin"]
