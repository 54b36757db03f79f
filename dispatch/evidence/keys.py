"""The key that seals chains: an Ed25519 key in a file, so that who can write to the database cannot sign.

Beside it lies its public key, which is all that verifying needs. Keys that sealed before stay there as
further ``*.pub`` files.
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from flask import current_app

from core import files
from core.errors import Unavailable, mark
from dispatch.evidence import rules
from dispatch.evidence.rules import Seal


class KeyUnusable(Unavailable):
    """The key file is missing, cannot be read, or is of another kind."""

    code = "evidence_key"


def key_file() -> Path:
    """Return where the private key is, or will be."""
    settings = current_app.config["SETTINGS"]
    return Path(settings.evidence_key_file or settings.data_dir / "keys" / "evidence.key")


def private_key() -> Ed25519PrivateKey:
    """Return the key that signs; where no setting names one and there is none, it is made.

    Raises
    ------
    KeyUnusable
    """
    path = key_file()
    if not path.exists() and not current_app.config["SETTINGS"].evidence_key_file:
        _make(path)
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        message = mark("The key %(file)s that seals evidence cannot be read: %(why)s.")
        raise KeyUnusable(message, file=str(path), why=error.strerror) from None
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        message = mark("The key %(file)s that seals evidence is no Ed25519 key in PEM without a password.")
        raise KeyUnusable(message, file=str(path))
    _show(path.with_suffix(".pub"), key.public_key())
    return key


def check() -> None:
    """Raise KeyUnusable if the private key is here, may be read, and is not as it should be."""
    if os.access(key_file(), os.R_OK):
        private_key()


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    files.write_new(path, pem, 0o600)


def _show(path: Path, key: Ed25519PublicKey) -> None:
    """Have the public key beside the private one.

    Raises
    ------
    KeyUnusable
        Another one lies there: somebody put another private key in the place of that which signed.
    """
    if not path.exists():
        try:
            files.write_new(path, pem_of(key).encode(), 0o644)
        except OSError:
            # Keys may lie where nobody but their owner writes: the public one is put there by hand then.
            return
    if path.read_bytes().strip() != pem_of(key).encode().strip():
        message = mark(
            "The key that seals evidence is not the one whose public key is %(file)s. "
            "To change keys, give the old public key another name that ends in .pub."
        )
        raise KeyUnusable(message, file=str(path))


def pem_of(key: Ed25519PublicKey) -> str:
    """Return a public key as PEM."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_bytes(serialization.Encoding.PEM, form).decode()


def fingerprint_of(key: Ed25519PublicKey) -> str:
    """Return the SHA-256 of a public key in DER, as ``openssl pkey -pubin -outform DER | sha256sum`` does."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return hashlib.sha256(key.public_bytes(serialization.Encoding.DER, form)).hexdigest()


def public_key_of(pem: bytes) -> Ed25519PublicKey:
    """Return the public key in a PEM text; raises ValueError where there is none of Ed25519."""
    key = serialization.load_pem_public_key(pem)
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("no Ed25519 key")
    return key


def known_keys() -> dict[str, Ed25519PublicKey]:
    """Return the public keys that are believed, by fingerprint: those that lie beside the private one."""
    found = {}
    for path in sorted(key_file().parent.glob("*.pub")):
        try:
            key = public_key_of(path.read_bytes())
        except (OSError, ValueError):
            continue
        found[fingerprint_of(key)] = key
    return found


def seal(key: Ed25519PrivateKey, visit_id: str, number: int, digest: str, sealed_at: str) -> Seal:
    """Return the signature under a chain."""
    signed = key.sign(rules.sealed_text(visit_id, number, digest, sealed_at).encode())
    signature = base64.b64encode(signed).decode()
    return Seal(number, digest, fingerprint_of(key.public_key()), signature, sealed_at)


def signature_fault(visit_id: str, seal: Seal, keys: Mapping[str, Ed25519PublicKey]) -> str | None:
    """Return what is wrong with a seal's signature; None: nothing."""
    key = keys.get(seal.fingerprint)
    if key is None:
        return (
            f"seal {seal.number} was signed with a key that is not known here "
            f"(fingerprint {seal.fingerprint[:16]}…)"
        )
    text = rules.sealed_text(visit_id, seal.number, seal.digest, seal.sealed_at)
    try:
        key.verify(base64.b64decode(seal.signature, validate=True), text.encode())
    except (InvalidSignature, ValueError):
        return f"the signature of seal {seal.number} is not valid"
    return None
