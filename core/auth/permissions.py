"""Which role may do what. Packages declare it in their `wiring.py`; an administrator may do everything."""

from __future__ import annotations

from core.errors import mark

ADMIN = "admin"
_roles: dict[str, str] = {ADMIN: mark("Administrator")}
_allowed: dict[str, set[str]] = {}


def define_role(name: str, label: str) -> None:
    """Make a role known; `label` is the English name, a key of the translation catalogue."""
    _roles[name] = label


def allow(permission: str, *roles: str) -> None:
    """Let `roles` do what `permission` (noun.verb, such as ``customers.write``) names."""
    _allowed.setdefault(permission, set()).update(roles)


def roles() -> dict[str, str]:
    """Return the label of every role by name."""
    return dict(_roles)


def permissions_of(held: frozenset[str]) -> frozenset[str]:
    """Return all that somebody with these roles may do."""
    if ADMIN in held:
        return frozenset(_allowed)
    return frozenset(name for name, allowed in _allowed.items() if allowed & held)


def check_known_roles() -> None:
    """Raise ValueError when a permission names a role nobody defined (a programmer's slip)."""
    unknown = {role for allowed in _allowed.values() for role in allowed} - _roles.keys()
    if unknown:
        raise ValueError(f"permissions name unknown roles: {sorted(unknown)}")
