"""Passwords, and secrets of which only a digest is kept."""

from __future__ import annotations

import hashlib
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from core.errors import Invalid, mark

LEAST_LENGTH = 10
_hasher = PasswordHasher()
_stand_in = ""


def hash_password(password: str) -> str:
    """Return the argon2id hash of `password`.

    Raises
    ------
    Invalid
        It is shorter than `LEAST_LENGTH` characters, or longer than 200.
    """
    if not LEAST_LENGTH <= len(password) <= 200:
        message = mark("A password has between 10 and 200 characters.")
        raise Invalid(message, fields={"password": [message]})
    return _hasher.hash(password)


def password_matches(stored: str | None, password: str) -> bool:
    """Tell whether `password` fits the stored hash; takes as long when there is none."""
    global _stand_in
    if not stored:
        _stand_in = _stand_in or _hasher.hash("stand-in")
    try:
        return _hasher.verify(stored or _stand_in, password) and bool(stored)
    except (VerificationError, InvalidHashError):
        return False


def new_secret(prefix: str = "") -> tuple[str, str]:
    """Return a random secret to hand out once, and the digest to keep."""
    secret = prefix + secrets.token_urlsafe(32)
    return secret, digest(secret)


def digest(secret: str) -> str:
    """Return the SHA-256 of a random secret, as hex."""
    return hashlib.sha256(secret.encode()).hexdigest()
