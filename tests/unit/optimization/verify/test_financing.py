"""A plan in which any one figure was changed is refused."""

import polars as pl
import pytest

from optimization.solver import Plan
from optimization.verify.financing import in_cents, verify_financing
from schemas.errors import PlanRefused
from schemas.results.financing import RESULTS
from schemas.table import key, name, polars_schema
from tests.unit.optimization.financing.cases import plan
from tests.unit.optimization.financing.instances import random_case

NUMBERS = [
    (table, column)
    for table in RESULTS
    for column, kind in polars_schema(table).items()
    if kind.is_numeric() and column not in key(table)
]


@pytest.fixture(scope="module")
def solved() -> tuple[dict[str, pl.DataFrame], Plan]:
    tables = random_case(6)
    return tables, plan(tables)


@pytest.mark.parametrize("cents", [True, False])
def test_an_honest_plan_passes(solved, cents):
    tables, made = solved
    frames = made.frames if cents else made.exact
    assert in_cents(frames) == cents
    assert verify_financing({**tables, **frames}).worst_violation < 1e-6


def changed(frame: pl.DataFrame, column: str, factor: float) -> pl.DataFrame:
    """The largest figure of ``column`` times ``factor``."""
    at = frame[column].abs().fill_null(-1.0).arg_max()
    row = pl.int_range(pl.len()) == at
    return frame.with_columns(pl.when(row).then(pl.col(column) * factor).otherwise(column))


@pytest.mark.parametrize("factor", [1.0002, 0.9998])
@pytest.mark.parametrize(("table", "column"), NUMBERS, ids=lambda x: getattr(x, "__name__", x))
def test_a_figure_changed_by_two_parts_in_ten_thousand_is_refused(solved, table, column, factor):
    tables, made = solved
    frame = changed(made.exact[name(table)], column, factor)
    if frame[column].abs().max() in (None, 0.0):
        pytest.fail(f"{column} is 0 throughout: the case proves nothing")
    with pytest.raises(PlanRefused):
        verify_financing({**tables, **made.exact, name(table): frame})


@pytest.mark.parametrize(("table", "column"), NUMBERS, ids=lambda x: getattr(x, "__name__", x))
def test_a_published_figure_changed_by_two_parts_in_a_hundred_is_refused(solved, table, column):
    tables, made = solved
    frame = changed(made.frames[name(table)], column, 1.02)
    with pytest.raises(PlanRefused):
        verify_financing({**tables, **made.frames, name(table): frame})


@pytest.mark.parametrize("table", RESULTS, ids=lambda t: t.__name__)
def test_a_row_that_is_gone_is_refused(solved, table):
    tables, made = solved
    frame = made.frames[name(table)]
    largest = [c for t, c in NUMBERS if t is table][0]
    short = frame.filter(pl.int_range(pl.len()) != frame[largest].abs().arg_max())
    with pytest.raises(PlanRefused):
        verify_financing({**tables, **made.frames, name(table): short})


def test_a_price_that_proves_less_is_refused(solved):
    tables, made = solved
    none = made.frames["financing_price"].clear()
    with pytest.raises(PlanRefused, match="tier_one_bound"):
        verify_financing({**tables, **made.frames, "financing_price": none})


def stopped(made: Plan, status: str) -> dict[str, pl.DataFrame]:
    """The plan as if time had run out in its last tier, with a bound a tenth below."""
    last = pl.col("objective_tier") == 4
    lower = {
        "plan_run": ("bound", pl.col("bound") - pl.col("bound").abs() / 10),
        "financing_objective": ("optimum", pl.col("optimum") - pl.col("optimum").abs() / 10),
    }
    frames = {
        table: made.frames[table].with_columns(
            pl.when(last).then(value).otherwise(column).alias(column)
        )
        for table, (column, value) in lower.items()
    }
    slack = 1e-6 * (pl.col("optimum").abs() + made.record.components)
    frames["financing_objective"] = frames["financing_objective"].with_columns(
        pl.when(last).then(slack).otherwise("slack").alias("slack")
    )
    run = frames["plan_run"]
    frames["plan_run"] = run.with_columns(
        status=pl.when(last).then(pl.lit(status)).otherwise("status")
    )
    return frames


def test_a_plan_that_ran_out_of_time_passes_and_one_that_claims_more_does_not(solved):
    tables, made = solved
    assert verify_financing({**tables, **made.frames, **stopped(made, "time_limit")})
    with pytest.raises(PlanRefused, match="tier_optimum"):
        verify_financing({**tables, **made.frames, **stopped(made, "optimal")})
