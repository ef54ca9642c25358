"""Expressions of a feed: SQL over its columns, checked before any file is read."""

import re

import polars as pl

_LITERAL = re.compile(r"'(?:[^']|'')*'")


def parse(expression: str) -> pl.Expr:
    """The expression in polars.

    Raises:
        ValueError: if it is not SQL that polars knows, or casts other than by try_cast (a
            failing cast would print the value).
    """
    bare = _LITERAL.sub("''", expression)
    if re.search(r"(?<!try_)\bcast\s*\(", bare, re.IGNORECASE) or "::" in bare:
        raise ValueError(f"only try_cast may cast: {expression!r}")
    try:
        return pl.sql_expr(expression)
    except Exception as err:
        reason = str(err).splitlines()[0]
    raise ValueError(f"not an expression: {expression!r}: {reason}")


def columns_of(expression: str) -> list[str]:
    """The columns that it names, in the order in which it names them.

    Raises:
        ValueError: as ``parse``.
    """
    names = set(parse(expression).meta.root_names())
    bare = _LITERAL.sub(lambda found: " " * len(found[0]), expression)
    return sorted(names, key=lambda name: (_place(name, bare), name))


def _place(name: str, text: str) -> int:
    found = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text)
    return found.start() if found else len(text)
