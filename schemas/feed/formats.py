"""Formats of dates and times: which are whole, and read the same by all that read them."""

import re

_DIRECTIVE = re.compile(r"%(\.[369]?f|[-_0:#]*.?)")
_CELL = frozenset("YmbBdjaAHkIpPMSfFTRz%") | {".f", ".3f", ".6f", ".9f"}
_NAME = frozenset("YymbBdjaAHIpMSfz%")
_SHORT_YEARS = frozenset("yDxCg")


def check_cells(said: str, moment: bool) -> None:
    """Can cells be read by this format?

    Args:
        said: the format.
        moment: of a date and time; else of a date, which may be a month's or a year's first day.

    Raises:
        ValueError: saying what is wrong with it.
    """
    found = _directives(said)
    short = sorted(found & _SHORT_YEARS)
    if short:
        raise ValueError(
            f"{said!r}: %{short[0]} gives no century; have years sent with four digits"
        )
    _check_known(said, found, _CELL)
    _check_day(said, found)
    if moment and not _names_a_day(found):
        raise ValueError(f"{said!r} needs a year, a month and a day")
    if found & {"H", "k", "I"} and "M" not in found:
        raise ValueError(f"{said!r} has an hour and no minute")
    if "I" in found and not found & {"p", "P"}:
        raise ValueError(f"{said!r}: %I needs %p, or write %H for hours to 23")


def check_name(said: str) -> None:
    """Can the extract time in a file's name be read by this format?

    Raises:
        ValueError: saying what is wrong with it.
    """
    found = _directives(said)
    _check_known(said, found, _NAME)
    _check_day(said, {"Y" if part == "y" else part for part in found})


def _directives(said: str) -> set[str]:
    return set(_DIRECTIVE.findall(said))


def _check_known(said: str, found: set[str], known: frozenset[str]) -> None:
    unknown = sorted(found - known)
    if unknown:
        listed = " ".join(f"%{part}" for part in sorted(known))
        raise ValueError(f"{said!r}: unknown %{unknown[0]}; there is {listed}")


def _check_day(said: str, found: set[str]) -> None:
    if not found & {"Y", "F"}:
        raise ValueError(f"{said!r} has no year (%Y)")
    if "d" in found and not found & {"m", "b", "B"}:
        raise ValueError(f"{said!r} has a day and no month")


def _names_a_day(found: set[str]) -> bool:
    return bool(found & {"F", "j"} or ("d" in found and found & {"m", "b", "B"}))
