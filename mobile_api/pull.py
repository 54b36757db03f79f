"""Documents for a phone, from where it left off: the pull side of RxDB's HTTP replication."""

from __future__ import annotations

from typing import Any

from core import feed
from core.errors import DomainError, Invalid, NotFound, mark
from mobile_api.devices import check_may_read
from mobile_api.documents import COLLECTIONS, VERSIONS
from mobile_api.models import Device
from mobile_api.scopes import EVERYBODY, scope_of

MOST = 500
_OLDEST = 1
"""The oldest version of documents this server can still make."""


class ResyncRequired(DomainError):
    """What a phone has read cannot be gone on from: it starts anew, and keeps what it has to send."""

    status = 410
    code = "resync_required"


class AppTooOld(DomainError):
    """A phone's app knows no documents this server makes; what it has to send is taken all the same."""

    status = 426
    code = "app_too_old"


def page(
    device: Device, name: str, checkpoint: dict[str, Any] | None, limit: int, version: int | None
) -> dict[str, Any]:
    """Return the next documents of a collection and where the phone is then.

    Parameters
    ----------
    checkpoint : dict, optional
        ``seq`` and ``epoch`` as they were given with the last page; None: from the beginning.
    limit : int
        A page with fewer documents is the last.
    version : int, optional
        The version of documents the phone knows; None: ours.

    Raises
    ------
    Forbidden
        The phone was taken away.
    NotFound, AppTooOld, ResyncRequired
    """
    check_may_read(device)
    if name not in COLLECTIONS:
        raise NotFound(mark("There is no such collection."))
    if version is not None and version < _OLDEST:
        raise AppTooOld(
            mark("This app is too old: load it anew. What it has to send is taken all the same."),
            ours=VERSIONS[name],
        )
    scopes = (scope_of(device.engineer_id), EVERYBODY)
    last, epoch = feed.head()
    after = 0
    if checkpoint is not None:
        after, read_in = _read_so_far(checkpoint)
        if after and (read_in != epoch or after > last or feed.is_purged(name, scopes, after)):
            raise ResyncRequired(mark("Start again without a checkpoint; keep what is still to be sent."))
    changes = feed.read(name, scopes, after, limit)
    documents = [{**one.body, "id": str(one.doc_id), "_deleted": one.deleted} for one in changes]
    seq = changes[-1].seq if changes else after
    return {"documents": documents, "checkpoint": {"seq": seq, "epoch": epoch}}


def _read_so_far(checkpoint: dict[str, Any]) -> tuple[int, str]:
    seq, epoch = checkpoint.get("seq"), checkpoint.get("epoch")
    if (
        isinstance(seq, bool)
        or not isinstance(seq, int)
        or not 0 <= seq < 2**63
        or not isinstance(epoch, str)
    ):
        message = mark("Send the checkpoint as it was given with the last page.")
        raise Invalid(message, fields={"checkpoint": [message]})
    return seq, epoch
