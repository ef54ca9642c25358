"""The shape every table shares, and the one way to declare a column."""

import os
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any, cast

import pandera.polars as pa
import polars as pl

from schemas.check import finite, question
from schemas.errors import ConfigRefused, TableRefused

FEW_ROWS = 100_000
UNITS = frozenset(
    {
        "1",
        "admissions/day",
        "beds",
        "bytes",
        "cells",
        "columns",
        "currency",
        "currency/admission",
        "currency/day",
        "currency/km",
        "currency/patient",
        "currency/unit",
        "currency/unit-day",
        "currency/unit-km",
        "currency/weighted admission",
        "day",
        "days",
        "degrees",
        "FTE",
        "km",
        "minutes",
        "non-zeros",
        "patient-days",
        "patient-days/day",
        "patients",
        "patients/day",
        "per 100,000 people",
        "periods",
        "persons",
        "points",
        "points/currency",
        "points/patient-day",
        "points/unit-day",
        "points/year",
        "rows",
        "seconds",
        "share",
        "unit-days",
        "units",
        "units/patient",
        "visits",
        "weighted admissions/day",
        "year",
    }
)
LAYERS = ("clean", "regional", "results", "ops")


class Table(pa.DataFrameModel):
    """A table whose columns, key, layer and source are all declared.

    Columns that are missing, extra or of another type are refused; nothing is coerced. A
    subclass sets, in ``Config``, ``name``, ``unique`` (its key) and
    ``metadata = {"layer": ..., "source": ..., "published": bool}``; its docstring says what one
    row is.
    """

    class Config:
        strict = True
        coerce = False

    @pa.dataframe_check
    def numbers_are_finite(cls, data: pa.PolarsData) -> pl.LazyFrame:  # type: ignore[misc]
        """No float is infinite or NaN, even where nulls are allowed."""
        return data.lazyframe.select(
            ok=pl.all_horizontal(pl.lit(True), finite(pl.selectors.float()))
        )


def column(
    description: str,
    unit: str | None = None,
    identifier: bool = False,
    observed: bool = False,
    absent: str | None = None,
    **checks: Any,
) -> Any:
    """Declare one column: what it means, its unit, and what values may appear.

    An ``identifier`` names a person or a stay: only its pseudonym is ever stored. An ``observed``
    column counts people: transforms.disclosure says how it is published, and there it may be null.
    ``absent`` is what ``conform`` writes where a frame lacks the column.

    Raises:
        ConfigRefused: if ``unit`` is not in ``UNITS``.
    """
    if unit is not None and unit not in UNITS:
        raise ConfigRefused(f"unknown unit {unit!r}; add it to schemas.table.UNITS")
    told = {"unit": unit, "identifier": identifier, "observed": observed, "absent": absent}
    if observed:
        checks["nullable"] = True
    return pa.Field(description=description, metadata=told, **checks)


@cache
def _schema(table: type[Table]) -> pa.DataFrameSchema:
    return table.to_schema()


def _metadata(table: type[Table]) -> dict[str, Any]:
    return cast(dict[str, Any], table.__config__.metadata or {})  # type: ignore[union-attr]


def name(table: type[Table]) -> str:
    """The table's name, as in DuckDB."""
    return cast(str, _schema(table).name)


def key(table: type[Table]) -> list[str]:
    """The columns that together name one row."""
    return list(_schema(table).unique or [])


def required(table: type[Table]) -> list[str]:
    """The columns that are never null."""
    return [n for n, c in _schema(table).columns.items() if not c.nullable]


def layer(table: type[Table]) -> str:
    """The DuckDB schema that holds the table: clean, regional, results or ops."""
    return cast(str, _metadata(table)["layer"])


def published(table: type[Table]) -> bool:
    """Does the table stand in the file that analysts open?"""
    return bool(_metadata(table).get("published", True))


def source(table: type[Table]) -> str:
    """Where the table's rows come from."""
    return cast(str, _metadata(table)["source"])


def description(table: type[Table]) -> str:
    """What one row is: the docstring, on one line."""
    return " ".join((table.__doc__ or "").split())


def holds_patients(table: type[Table]) -> bool:
    """Does a row describe a person?"""
    return bool(_metadata(table).get("patient_data", False))


def identifiers(table: type[Table]) -> list[str]:
    """The columns of which only a pseudonym is stored."""
    columns = _schema(table).columns.items()
    return [n for n, c in columns if (c.metadata or {}).get("identifier")]


def observed(table: type[Table]) -> list[str]:
    """The columns that count people."""
    columns = _schema(table).columns.items()
    return [n for n, c in columns if (c.metadata or {}).get("observed")]


def disclosure_column() -> Any:
    """The column that says how a row's counts of people are published."""
    return column(
        "shown: exact; rounded: counts of people to the nearest 5; withheld: one of them is 1 to 10"
        " and null.",
        isin=["shown", "rounded", "withheld"],
        absent="shown",
    )


@cache
def polars_schema(table: type[Table]) -> pl.Schema:
    """Column names and polars types, in declared order."""
    return pl.Schema({n: c.dtype.type for n, c in _schema(table).columns.items()})


def empty(table: type[Table]) -> pl.DataFrame:
    """The table with no rows."""
    return pl.DataFrame(schema=polars_schema(table))


def conform(table: type[Table], frame: pl.DataFrame) -> pl.DataFrame:
    """Give ``frame`` the table's columns, order and types.

    Absent columns become null, or what their declaration says (``absent``); a frame without
    columns becomes a table without rows.

    A cast that would lose a value raises polars' own error: use it on frames that the platform
    made, never on text from an extract.
    """
    if not frame.width:
        return empty(table)
    types = polars_schema(table)
    given = {n: (c.metadata or {}).get("absent") for n, c in _schema(table).columns.items()}
    return frame.select(
        (pl.col(c) if c in frame.columns else pl.lit(given[c])).cast(t).alias(c)
        for c, t in types.items()
    ).sort(key(table), nulls_last=True)


def check(table: type[Table], frame: pl.DataFrame) -> pl.DataFrame:
    """Return ``frame`` if every row fits ``table``.

    Raises:
        TableRefused: naming each broken check and how many rows broke it.
    """
    if _surely_fits(table, frame):
        return frame
    try:
        with _engine(frame):
            return cast(pl.DataFrame, table.validate(frame, lazy=True))
    except pa.errors.SchemaErrors as err:
        broken = err.failure_cases.group_by("column", "check").len().sort("column", "check")
    lines = [f"{column}: {check} ({n})" for column, check, n in broken.iter_rows()]
    raise TableRefused(f"{name(table)} refused; " + "; ".join(lines))


def _surely_fits(table: type[Table], frame: pl.DataFrame) -> bool:
    """Of few rows, one question instead of Pandera's dozens; if the answer is no, Pandera's turn.

    Of many, the questions cost nothing beside their answers, and Pandera's are the faster ones.
    """
    if frame.height > FEW_ROWS:
        return False
    asked = _question(table)
    alike = dict(frame.schema) == dict(polars_schema(table))
    return asked is not None and alike and bool(frame.select(asked).item())


@cache
def _question(table: type[Table]) -> pl.Expr | None:
    return question(_schema(table))


def _engine(frame: pl.DataFrame) -> AbstractContextManager[Any]:
    """Pandera asks dozens of small questions; of few rows, polars answers them faster at once."""
    small = frame.height <= FEW_ROWS
    return pl.Config(engine_affinity="in-memory") if small else nullcontext()


def assert_checks_are_on() -> None:
    """Refuse to run where the environment has switched Pandera's checks off.

    Raises:
        ConfigRefused: if ``PANDERA_VALIDATION_ENABLED`` is anything but true.
    """
    setting = os.environ.get("PANDERA_VALIDATION_ENABLED", "True")
    if setting.strip().lower() not in {"true", "1"}:
        raise ConfigRefused(
            "PANDERA_VALIDATION_ENABLED switches every table check off; unset it and run again"
        )


def dictionary(table: type[Table]) -> pl.DataFrame:
    """One row per column of ``table``: name, type, unit, description, part of the key."""
    keys = set(key(table))
    return pl.DataFrame(
        [
            (n, str(c.dtype), (c.metadata or {}).get("unit"), c.description, n in keys, c.nullable)
            for n, c in _schema(table).columns.items()
        ],
        schema={
            "column": pl.String,
            "type": pl.String,
            "unit": pl.String,
            "description": pl.String,
            "key": pl.Boolean,
            "nullable": pl.Boolean,
        },
        orient="row",
    )
