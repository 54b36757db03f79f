"""What a person can ask for that cannot be done, as exceptions.

A `DomainError` is a person asking for what cannot be; it is defined beside the rule it guards, carries
a sentence that says what to do, and facts. `core.problems` alone turns it into an answer.
"""

from __future__ import annotations

from typing import Any


def mark(message: str) -> str:
    """Return `message` unchanged; marks it for the translation catalogue."""
    return message


class DomainError(Exception):
    """A request that cannot be carried out.

    Parameters
    ----------
    message : str
        English sentence, also the key of its translation; may hold ``%(name)s`` places.
    code : str, optional
        Machine-readable name of what went wrong; the class's own when absent.
    fields : dict, optional
        Sentences by input field, for forms and API clients.
    facts : Any
        Values for the sentence's places; sent to API clients as they are.
    """

    status = 400
    code = "invalid"

    def __init__(
        self, message: str, *, code: str | None = None, fields: dict[str, Any] | None = None, **facts: Any
    ) -> None:
        super().__init__(message % facts if facts else message)
        self.message = message
        self.code = code or type(self).code
        self.fields = fields or {}
        self.facts = facts


class Invalid(DomainError):
    """What was sent does not make sense as it stands."""

    status = 422
    code = "invalid"


class Unauthenticated(DomainError):
    """Nobody is signed in, or the token is not valid any more."""

    status = 401
    code = "unauthenticated"


class Forbidden(DomainError):
    """This person may not do that."""

    status = 403
    code = "forbidden"


class NotFound(DomainError):
    """There is no such thing, or not for this person."""

    status = 404
    code = "not_found"


class Conflict(DomainError):
    """It was possible before, or will be later, but not as things stand now."""

    status = 409
    code = "conflict"


class Stale(DomainError):
    """The change was made on an older version than the one stored."""

    status = 412
    code = "stale"


class Unavailable(DomainError):
    """Something this needs does not answer at the moment."""

    status = 503
    code = "unavailable"
