"""Names of files: which are safe to keep, and how any of them is shown."""

import re

LONGEST = 200
_SAFE = re.compile(r"[\w .,()+=@#&-]+")


def shown(name: str) -> str:
    """The name with anything unprintable as an escape, and no longer than a line."""
    text = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in name)
    return text if len(text) <= LONGEST else text[:LONGEST] + "..."


def name_fault(name: str) -> str | None:
    """Why a file of this name (with folders, separated by ``/``) is refused; null if it is not."""
    if any(part.startswith(".") or ".." in part for part in name.split("/")):
        return "its name begins with a dot or holds two in a row"
    if len(name) > LONGEST:
        return f"its name is longer than {LONGEST} characters"
    if not all(_SAFE.fullmatch(part) for part in name.split("/")):
        return "its name holds a character that no file name needs (quote, newline, ; or the like)"
    return None
