"""What a table is: a class that names its columns; what they are stands in ``schemas.columns``."""

import os
import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any, ClassVar, TypeVar, cast

import pandera.polars as pa
import polars as pl

from schemas.check import FINITE, finite, question
from schemas.columns import COLUMNS
from schemas.errors import ConfigRefused, TableRefused

FEW_ROWS = 100_000
LAYERS = ("clean", "regional", "results", "ops")
CODE = {"str_length": (1, 128)}
Function = TypeVar("Function", bound=Callable[..., Any])


def once(function: Function) -> Function:
    """``function``, asked once for each table; mypy knows no class that ``cache`` may be given."""
    return cast(Function, cache(function))


class Table:
    """A table: its docstring says what one row is, its attributes which columns it has.

    ``key`` and ``columns`` are names with spaces between: those that together name one row, and
    the others. A name with ``?`` may be null. ``observed`` columns count people:
    transforms.disclosure says how they are published, and there they may be null. ``rules`` hold
    in this table in place of the column's own. Columns that are missing, extra or of another type
    are refused; nothing is coerced. The table's name is that of the class; ``subject`` groups it
    in the dictionary.
    """

    layer: ClassVar[str]
    subject: ClassVar[str]
    key: ClassVar[str]
    columns: ClassVar[str] = ""
    observed: ClassVar[str] = ""
    rules: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    published: ClassVar[bool] = True
    patient_data: ClassVar[bool] = False


@once
def schema(table: type[Table]) -> pa.DataFrameSchema:
    """The table as Pandera checks it.

    Raises:
        ConfigRefused: if a column has no entry in ``schemas.columns``.
    """
    names = f"{table.key} {table.columns}".split()
    return pa.DataFrameSchema(
        {n.rstrip("?"): _column(table, n.rstrip("?"), n.endswith("?")) for n in names},
        checks=pa.Check(_numbers_are_finite, name=FINITE),
        unique=table.key.split(),
        strict=True,
        name=re.sub("(?<=[a-z])(?=[A-Z])", "_", table.__name__).lower(),
    )


def _column(table: type[Table], name: str, may_be_null: bool) -> pa.Column:
    if name not in COLUMNS:
        raise ConfigRefused(f"{table.__name__}: no column {name!r}; add it to schemas.columns")
    nullable = may_be_null or name in table.observed.split()
    rules = dict(table.rules.get(name, COLUMNS[name].rules))
    if table.layer in LAYERS[:2] and not nullable and name.endswith(("_id", "patient_key")):
        rules |= CODE
    checks = [
        getattr(pa.Check, rule)(*(said if isinstance(said, tuple) else (said,)))
        for rule, said in rules.items()
    ]
    return pa.Column(COLUMNS[name].kind, checks, nullable=nullable)


def _numbers_are_finite(data: pa.PolarsData) -> pl.LazyFrame:
    """No float is infinite or NaN, even where nulls are allowed."""
    return data.lazyframe.select(ok=pl.all_horizontal(pl.lit(True), finite(pl.selectors.float())))


def name(table: type[Table]) -> str:
    """The table's name, as in DuckDB."""
    return cast(str, schema(table).name)


def key(table: type[Table]) -> list[str]:
    """The columns that together name one row."""
    return table.key.split()


def required(table: type[Table]) -> list[str]:
    """The columns that are never null."""
    return [n for n, c in schema(table).columns.items() if not c.nullable]


def layer(table: type[Table]) -> str:
    """The DuckDB schema that holds the table: clean, regional, results or ops."""
    return table.layer


def published(table: type[Table]) -> bool:
    """Does the table stand in the file that analysts open?"""
    return table.published


def description(table: type[Table]) -> str:
    """What one row is: the docstring, on one line."""
    return " ".join((table.__doc__ or "").split())


def holds_patients(table: type[Table]) -> bool:
    """Does a row describe a person?"""
    return table.patient_data


def identifiers(table: type[Table]) -> list[str]:
    """The columns of which only a pseudonym is stored."""
    return [n for n in polars_schema(table) if COLUMNS[n].identifier]


def observed(table: type[Table]) -> list[str]:
    """The columns that count people."""
    return [n for n in polars_schema(table) if n in table.observed.split()]


@once
def polars_schema(table: type[Table]) -> pl.Schema:
    """Column names and polars types, in declared order."""
    return pl.Schema({n: c.dtype.type for n, c in schema(table).columns.items()})


def empty(table: type[Table]) -> pl.DataFrame:
    """The table with no rows."""
    return pl.DataFrame(schema=polars_schema(table))


def conform(table: type[Table], frame: pl.DataFrame) -> pl.DataFrame:
    """Give ``frame`` the table's columns, order and types.

    Absent columns become null, or what their entry says (``absent``); a frame without columns
    becomes a table without rows.

    A cast that would lose a value raises polars' own error: use it on frames that the platform
    made, never on text from an extract.
    """
    if not frame.width:
        return empty(table)
    return frame.select(
        (pl.col(c) if c in frame.columns else pl.lit(COLUMNS[c].absent)).cast(t).alias(c)
        for c, t in polars_schema(table).items()
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
            return schema(table).validate(frame, lazy=True)
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


@once
def _question(table: type[Table]) -> pl.Expr | None:
    return question(schema(table))


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
