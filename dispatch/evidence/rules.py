"""The chain of evidence, as plain values: how links are made, and what is wrong with some that are there.

A link's digest is the SHA-256 of a canonical JSON text of its number, kind, subject, time of receipt, the
SHA-256 of its facts, and the digest before it. Its facts can so be withheld and the chain still be checked
(Haber and Stornetta, How to Time-Stamp a Digital Document, 1991).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

CLOSED = ("completed", "incomplete", "cancelled")
"""Statuses of a visit in which its chain is sealed."""


def canonical(value: Any) -> str:
    """Return a value as the one JSON text that stands for it: keys sorted, no spaces, ASCII alone."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def sha256_of(text: str) -> str:
    """Return the SHA-256 of a text in UTF-8, in hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def told(instant: datetime) -> str:
    """Return an instant as links tell it: UTC, ISO 8601."""
    return instant.astimezone(UTC).isoformat()


@dataclass(frozen=True)
class Link:
    """A link of a visit's chain; `facts` is None where they are withheld."""

    visit_id: str
    number: int
    kind: str
    subject_id: str
    received_at: str
    facts_sha256: str
    previous: str
    digest: str
    facts: str | None = None

    def digest_due(self) -> str:
        """Return the digest that belongs to what the link says."""
        said = {
            "visit_id": self.visit_id,
            "number": self.number,
            "kind": self.kind,
            "subject_id": self.subject_id,
            "received_at": self.received_at,
            "facts_sha256": self.facts_sha256,
            "previous": self.previous,
        }
        return sha256_of(canonical(said))

    def said(self) -> dict[str, Any]:
        """Return the facts; none where they are withheld."""
        return dict(json.loads(self.facts)) if self.facts else {}


def first_previous(visit_id: str) -> str:
    """Return what stands before a visit's first link."""
    return sha256_of(f"paidan evidence chain 1: {visit_id}")


def next_link(
    visit_id: str, after: tuple[int, str], kind: str, subject_id: str, received_at: datetime, facts: Any
) -> Link:
    """Return the link that follows the one with this number and digest."""
    number, previous = after
    text = canonical(facts)
    at = told(received_at)
    open_end = Link(visit_id, number + 1, kind, subject_id, at, sha256_of(text), previous, "", text)
    return Link(**{**vars(open_end), "digest": open_end.digest_due()})


def sealed_text(visit_id: str, number: int, digest: str, sealed_at: str) -> str:
    """Return what is signed."""
    said = {"visit_id": visit_id, "number": number, "digest": digest, "sealed_at": sealed_at}
    return "paidan evidence seal 1\n" + canonical(said)


def chain_faults(visit_id: str, links: Sequence[Link]) -> Iterator[str]:
    """Yield a sentence for everything that is wrong with a chain in itself."""
    previous, number = first_previous(visit_id), 0
    for link in links:
        if link.number > number + 1:
            missing = f"link {number + 1} is" if link.number == number + 2 else f"links {number + 1} to "
            yield missing + (" missing" if link.number == number + 2 else f"{link.number - 1} are missing")
        elif link.number <= number:
            yield f"link {link.number} stands where link {number + 1} belongs"
        elif link.previous != previous:
            yield f"link {link.number} does not follow link {number}: one of the two is another"
        if link.visit_id != visit_id:
            yield f"link {link.number} is of another visit"
        if link.facts is not None and sha256_of(link.facts) != link.facts_sha256:
            yield f"the facts of link {link.number} ({link.kind}) were changed"
        if link.digest_due() != link.digest:
            yield f"link {link.number} ({link.kind}) was changed: its digest belongs to something else"
        previous, number = link.digest, link.number


def differences(attested: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence for every fact that is another now than was attested."""
    for name in sorted({*attested, *now}):
        was, is_now = attested.get(name), now.get(name)
        if was != is_now:
            yield f"{name} is {_quoted(is_now)} and was attested as {_quoted(was)}"


def _quoted(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 120 else text[:117] + "…"


@dataclass(frozen=True)
class Seal:
    """A signature (base64) under a visit's chain up to a number, by the key with this fingerprint."""

    number: int
    digest: str
    fingerprint: str
    signature: str
    sealed_at: str


def seal_faults(links: Sequence[Link], seals: Sequence[Seal]) -> Iterator[str]:
    """Yield a sentence for every seal that was set under another chain; whose it is is another question."""
    digests = {link.number: link.digest for link in links}
    for seal in seals:
        if seal.number not in digests:
            yield f"seal {seal.number} was set under a link that is not there any more"
        elif digests[seal.number] != seal.digest:
            yield f"seal {seal.number} was set under another chain: what it sealed was changed since"
