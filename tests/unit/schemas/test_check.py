"""One question about a table answers yes exactly where Pandera finds nothing."""

from datetime import date, datetime
from functools import cache

import pandera.polars as pa
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.check import question
from schemas.errors import TableRefused
from schemas.table import check, polars_schema, schema
from schemas.tables import ALL

FLOATS = [None, -1.0, 0.0, 0.5, 1.0, 2.0, 1e12, float("nan"), float("inf")]
VALUES = {
    pl.Float64: FLOATS,
    pl.Boolean: [None, True, False],
    pl.Date: [None, date(2026, 1, 1), date(2026, 1, 2)],
    pl.Datetime: [None, datetime(2026, 1, 1), datetime(2026, 1, 2)],
    pl.String: [None, "", "a", "b", "x" * 300],
}
INTEGERS = [None, -1, 0, 1, 2, 101, 2026]


def values_of(column):
    """Some that keep the column's rules, by chance, and some that do not."""
    said = [v for c in column.checks if c.name == "isin" for v in c.statistics["allowed_values"]]
    return [*said, *VALUES.get(column.dtype.type.base_type(), INTEGERS)]


SCHEMAS = {table: schema(table) for table in ALL}


@cache
def kept(table, name):
    """Those of its values that a column's own rules let pass, each asked of Pandera."""
    column = SCHEMAS[table].columns[name]
    rules = pa.DataFrameSchema({"c": pa.Column(column.dtype.type, column.checks)})

    def passes(value):
        try:
            rules.validate(pl.DataFrame({"c": [value]}, schema={"c": column.dtype.type}))
        except pa.errors.SchemaError:
            return False
        return value == value

    there = [v for v in values_of(column) if v is not None]
    passed = [v for v in there if passes(v)] if column.checks else [v for v in there if v == v]
    return [*passed, None] if column.nullable else passed


@st.composite
def frames(draw):
    """Rows that fit but for their keys, and, in most frames, a cell or two of any value."""
    table = draw(st.sampled_from(ALL))
    columns = SCHEMAS[table].columns
    fitting = {n: st.sampled_from(kept(table, n)) for n in columns}
    rows = draw(st.lists(st.fixed_dictionaries(fitting), max_size=3))
    for _ in range(draw(st.integers(0, 2)) if rows else 0):
        name = draw(st.sampled_from(sorted(fitting)))
        value = draw(st.sampled_from(values_of(columns[name])))
        draw(st.sampled_from(rows))[name] = value
    return table, pl.DataFrame(rows, schema=polars_schema(table), strict=False)


@settings(max_examples=200)
@given(frames())
def test_the_answer_is_panderas(drawn):
    table, frame = drawn
    try:
        SCHEMAS[table].validate(frame, lazy=True)
        fits = True
    except pa.errors.SchemaErrors:
        fits = False
    assert bool(frame.select(question(SCHEMAS[table])).item()) is fits


def test_every_table_is_understood():
    assert [t for t in ALL if question(SCHEMAS[t]) is None] == []


@pytest.mark.parametrize(
    "column",
    [
        pa.Column(str, pa.Check.str_matches("^a")),
        pa.Column(str, pa.Check.str_length(exact_value=3)),
        pa.Column(str, pa.Check(lambda data: data.lazyframe.select(pl.lit(True)))),
        pa.Column(str, pa.Check.isin(["a"], ignore_na=False)),
        pa.Column(str, unique=True),
        pa.Column(str, coerce=True),
        pa.Column(str, required=False),
    ],
)
def test_what_is_not_known_is_left_to_pandera(column):
    assert question(pa.DataFrameSchema({"c": column}, strict=True)) is None


@pytest.mark.parametrize("more", [{"strict": False}, {"coerce": True}, {"dtype": str}])
def test_so_is_a_table_that_asks_for_more(more):
    asked = {"strict": True, **more}
    assert question(pa.DataFrameSchema({"c": pa.Column(str)}, **asked)) is None


@pytest.mark.parametrize("table", ALL, ids=lambda t: t.__name__)
def test_other_columns_are_refused_whatever_the_rules_say(table):
    first, *others = polars_schema(table)
    empty = pl.DataFrame(schema=polars_schema(table))
    assert check(table, empty.select([*others, first])).is_empty()
    for wrong in (empty.drop(first), empty.with_columns(more=pl.lit(1))):
        with pytest.raises(TableRefused):
            check(table, wrong)
