"""People at a browser: signed in by cookie, sending forms."""

from __future__ import annotations

import contextvars
import re
import uuid
from typing import Any

from flask import Flask

from core.auth import people
from core.auth.actors import Actor, system
from core.auth.passwords import hash_password
from core.db import db, transaction


class Browser:
    """A person at a browser; forms are sent with their CSRF token."""

    def __init__(self, app: Flask, language: str = "en") -> None:
        self.client = app.test_client()
        self.language = language

    def open(self, path: str, method: str = "GET", **kwargs: Any) -> Any:
        """Send a request; `path` may be a whole address of ours."""
        db.session.rollback()
        headers = {"Accept-Language": self.language}
        kwargs.setdefault("buffered", True)  # read to its end and closed, as a server does
        return contextvars.Context().run(self.client.open, path, method=method, headers=headers, **kwargs)

    def get(self, path: str) -> Any:
        """Open a page."""
        return self.open(path)

    def send(self, path: str, data: dict[str, Any], page: str | None = None) -> Any:
        """Send a form to `path`, with the token of the form on `page` (by default the same)."""
        html = self.get(page or path).text
        token = re.search(r'name="csrf_token" value="([^"]+)"', html)
        assert token, html
        return self.open(path, "POST", data={**data, "csrf_token": token[1]})

    def press(self, page: str, path: str) -> Any:
        """Press the button on `page` whose form goes to `path`, with all it sends along."""
        form = re.search(
            rf'<form method="post" action="{re.escape(path)}">(.*?)</form>', self.get(page).text, re.S
        )
        assert form, f"no button to {path} on {page}"
        fields = re.findall(r'name="([^"]+)" value="([^"]*)"', form[1])
        return self.open(path, "POST", data=dict(fields))


class Person(Browser):
    """Somebody with an account, signed in."""

    def __init__(self, app: Flask, roles: tuple[str, ...], language: str, password: str) -> None:
        super().__init__(app, language)
        with transaction(system("test")) as session:
            user = people.add(
                session.info["actor"],
                email=f"{'-'.join(roles)}{'' if language == 'en' else '-' + language}@example.org",
                name="P",
                roles=list(roles),
                password_hash=hash_password(password) if password else None,
                locale=language,
            )
            self.user_id: uuid.UUID = user.id
            self.actor: Actor = people.actor_of(user)
            epoch = user.session_epoch
        with self.client.session_transaction() as kept:
            kept.update(user=str(self.user_id), epoch=epoch)
