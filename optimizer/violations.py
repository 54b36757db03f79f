"""A rule broken."""

from dataclasses import dataclass

from optimizer.plan import Rule


@dataclass(frozen=True)
class Violation:
    """A rule broken, by whom, and the facts.

    Parameters
    ----------
    rule : Rule
    task : str or None
        Task or depot.
    engineer : str or None
    facts : tuple of (name, value)
        What was found and what was allowed, as numbers or ids.
    """

    rule: Rule
    task: str | None = None
    engineer: str | None = None
    facts: tuple[tuple[str, int | str], ...] = ()
