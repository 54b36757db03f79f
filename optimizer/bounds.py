"""What a value must be before anything is computed with it."""

from collections import Counter

#: Longest time from the origin a problem may speak of [s]: ten years.
MOST_SECONDS = 315_360_000
#: Largest single amount [cents]: keeps sums of 100,000 of them within 64 bits, scaled by 60.
MOST_CENTS = 10**12
MOST_COUNT = 10**9
#: Most tasks of a problem, and most tasks times engineers: some 2 GB of arrays.
MOST_TASKS, MOST_PAIRS = 100_000, 200_000_000
#: Most places of a matrix: 3.6 GB of travel seconds.
MOST_PLACES = 30_000


def require_whole(what: str, value: object, least: int = 0, most: int = MOST_SECONDS) -> None:
    """Refuse anything but a whole number between `least` and `most`.

    Raises
    ------
    ValueError
        With a sentence naming `what`.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ValueError(f"{what} must be a whole number from {least} to {most}, not {value!r}")


def require_optional_whole(what: str, value: object, least: int = 0, most: int = MOST_SECONDS) -> None:
    """As `require_whole`, but None is welcome.

    Raises
    ------
    ValueError
        With a sentence naming `what`.
    """
    if value is not None:
        require_whole(what, value, least, most)


def require_name(what: str, value: object) -> None:
    """Refuse anything but a text that is not empty.

    Raises
    ------
    ValueError
        With a sentence naming `what`.
    """
    if not isinstance(value, str) or not value:
        raise ValueError(f"{what} must be a text that is not empty, not {value!r}")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise ValueError(f"{what} holds half a character: {value!r}") from None


def require_kind(what: str, value: object, kind: type) -> None:
    """Refuse what is not of a kind.

    Raises
    ------
    ValueError
        With a sentence naming `what`.
    """
    if not isinstance(value, kind):
        raise ValueError(f"{what} must be a {kind.__name__}, not a {type(value).__name__}")


def _require_pairs(what: str, values: object) -> None:
    if not isinstance(values, tuple | list) or not all(
        isinstance(pair, tuple | list) and len(pair) == 2 for pair in values
    ):
        raise ValueError(f"{what} must be pairs, not {values!r}")


def require_names(what: str, values: tuple[str, ...]) -> None:
    """Refuse names that are empty or come twice.

    Raises
    ------
    ValueError
        With a sentence naming `what`.
    """
    if isinstance(values, str):
        raise ValueError(f"{what} must be a tuple of texts, not one text: {values!r}")
    for value in values:
        require_name(what, value)
    if len(set(values)) != len(values):
        twice = sorted(value for value, times in Counter(values).items() if times > 1)
        raise ValueError(f"{what}: {', '.join(twice[:5])} must come only once")


def require_counts(what: str, values: tuple[tuple[str, int], ...], least: int) -> None:
    """Refuse (name, number) pairs with a bad name, the same name twice or a number below `least`.

    Raises
    ------
    ValueError
        With a sentence naming `what`.
    """
    _require_pairs(what, values)
    require_names(what, tuple(name for name, _ in values))
    for name, number in values:
        require_whole(f"{what} of {name}", number, least, MOST_COUNT)


def require_windows(what: str, windows: tuple[tuple[int, int], ...]) -> None:
    """Refuse windows that end before they begin.

    Raises
    ------
    ValueError
        With a sentence naming `what`.
    """
    _require_pairs(f"{what}: windows", windows)
    for from_s, until_s in windows:
        require_whole(f"{what}: the beginning of a window", from_s, -MOST_SECONDS)
        require_whole(f"{what}: the end of a window", until_s, -MOST_SECONDS)
        if until_s < from_s:
            raise ValueError(f"{what} has a window that ends ({until_s}) before it begins ({from_s})")
