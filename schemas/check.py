"""A declared table as one question to polars; Pandera, asked rule by rule, says what is wrong.

Pandera stays the judge of every frame for which the answer is not yes, and of every declaration
that holds a rule unknown here.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pandera.polars as pa
import polars as pl

FINITE = "numbers_are_finite"
_RULES: dict[str, Callable[..., pl.Expr]] = {
    "greater_than": lambda value, min_value: value > min_value,
    "greater_than_or_equal_to": lambda value, min_value: value >= min_value,
    "less_than_or_equal_to": lambda value, max_value: value <= max_value,
    "isin": lambda value, allowed_values: value.is_in(list(allowed_values)),
}


def finite(values: pl.Expr) -> pl.Expr:
    """True where a float is neither infinite nor NaN, or is null."""
    return values.is_finite().fill_null(True)


def question(schema: pa.DataFrameSchema) -> pl.Expr | None:
    """Does a frame of the declared columns and types keep every rule? Null if one is unknown here.

    True only where Pandera would find nothing.
    """
    rules = list(_of_table(schema))
    for name, column in schema.columns.items():
        rules += _of_column(name, column)
    known = [rule for rule in rules if rule is not None]
    return pl.all_horizontal(pl.lit(True), *known) if len(known) == len(rules) else None


def _of_table(schema: pa.DataFrameSchema) -> Iterator[pl.Expr | None]:
    if not schema.strict or schema.coerce or schema.parsers or schema.dtype is not None:
        yield None
    floats = [n for n, c in schema.columns.items() if c.dtype.type.is_float()]
    for check in schema.checks:
        yield from (finite(pl.col(c)).all() for c in floats) if check.name == FINITE else [None]
    if schema.unique:
        yield _stand_alone(schema.unique)


def _stand_alone(key: Iterable[str] | str) -> pl.Expr | None:
    columns = [key] if isinstance(key, str) else list(key)
    if not all(isinstance(c, str) for c in columns):
        return None
    keys = pl.struct(columns) if len(columns) > 1 else pl.col(columns[0])
    return keys.is_unique().all()


def _of_column(name: str, column: Any) -> Iterator[pl.Expr | None]:
    if column.unique or column.regex or column.coerce or column.parsers or not column.required:
        yield None
    if not column.nullable:
        yield pl.col(name).is_not_null().all()
    for check in column.checks:
        yield _rule(pl.col(name), check)


def _rule(value: pl.Expr, check: pa.Check) -> pl.Expr | None:
    """Does every value that is there keep the rule?"""
    said = dict(check.statistics or {})
    if check.name == "str_length":
        low, high, exact = (said.get(f"{end}_value") for end in ("min", "max", "exact"))
        length = value.str.len_chars()
        return None if exact is not None else length.is_between(low or 0, high or 2**32 - 1).all()
    if check.name not in _RULES or not check.ignore_na or check.element_wise:
        return None
    return _RULES[check.name](value, **said).all()
