"""Who acts: handed to every verb, asked before anything is done."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from core.auth.permissions import ADMIN, permissions_of
from core.errors import Forbidden, mark


@dataclass(frozen=True)
class Actor:
    """The acting person, or a part of the system.

    Attributes
    ----------
    user_id : uuid.UUID or None
        None for the system itself.
    roles, permissions : frozenset of str
        What they are, and what follows from it.
    """

    user_id: uuid.UUID | None
    name: str
    roles: frozenset[str]
    permissions: frozenset[str]
    locale: str = ""

    def may(self, permission: str) -> bool:
        """Tell whether they may do what `permission` names."""
        return permission in self.permissions

    def require(self, permission: str) -> None:
        """Raise `Forbidden` unless they may do what `permission` names."""
        if not self.may(permission):
            raise Forbidden(
                mark("You may not do this: it needs the permission %(permission)s."), permission=permission
            )

    def has_role(self, *roles: str) -> bool:
        """Tell whether they hold one of `roles`."""
        return bool(self.roles & set(roles))


def person(user_id: uuid.UUID, name: str, roles: frozenset[str], locale: str = "") -> Actor:
    """Return the actor for a person with these roles."""
    return Actor(user_id, name, roles, permissions_of(roles), locale)


def system(name: str = "system") -> Actor:
    """Return the system as actor: it may do everything; `name` says which part of it acts."""
    roles = frozenset({ADMIN})
    return Actor(None, name, roles, permissions_of(roles))
