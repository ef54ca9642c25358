"""What holds for every financing problem."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimization.financing import tiers
from optimization.financing.ledger import inputs_with_need
from optimization.financing.model import build
from optimization.solver import SolveRecord, SolveSettings, solve_tiers
from schemas.money import in_unit
from schemas.results.financing import READ
from tests.unit.optimization.financing.cases import plan
from tests.unit.optimization.financing.instances import random_case

SEEDS = st.integers(0, 10_000)
few = settings(max_examples=5)
IN = ["opening_cash", "payments", "support", "drawn", "other_income", "interest_earned"]
OUT = ["operating_cost", "capital_need", "debt_service", "principal_due", "interest_due"]
LEDGERS = {
    "financing_position": ([*IN, "uncovered"], [*OUT, "closing_cash"]),
    "financing_receivable": (["opening", "claim"], ["paid", "closing"]),
    "financing_debt": (["opening", "drawn"], ["principal_due", "owed"]),
    "financing_source": (["opening", "added"], ["used", "lapsed", "closing"]),
}


def cents(frame: pl.DataFrame, columns: list[str]) -> list[int]:
    """The sum of the columns, in whole cents added as whole numbers."""
    whole = [(pl.col(c) * 100).round().cast(pl.Int64) for c in columns]
    return frame.select(pl.sum_horizontal(whole)).to_series().to_list()


def solved(tables: dict[str, pl.DataFrame], order: tuple[str, ...] = tiers.ORDER) -> SolveRecord:
    """The model solved as it is, without its books."""
    given = inputs_with_need(tables)
    scaled = in_unit(READ, tables, given.money_unit)
    return solve_tiers(build(given), order, SolveSettings(), scaled)


def least(tables: dict[str, pl.DataFrame]) -> float:
    """The least uncovered need."""
    return solved(tables, ("uncovered",)).objectives["uncovered"]


@few
@given(SEEDS)
def test_money_is_conserved_to_the_cent(seed):
    frames = plan(random_case(seed)).frames
    for table, (money_in, money_out) in LEDGERS.items():
        assert cents(frames[table], money_in) == cents(frames[table], money_out), table


@few
@given(SEEDS)
def test_what_sources_pay_institutions_get(seed):
    frames = plan(random_case(seed)).frames
    flows = frames["financing_flow"].filter(
        pl.col("flow_kind").is_in(["payment", "support", "draw"])
    )
    used = sum(cents(frames["financing_source"], ["used"]))
    got = sum(cents(frames["financing_position"], ["payments", "support", "drawn"]))
    assert used == got == sum(cents(flows, ["amount"]))


@few
@given(SEEDS)
def test_rounding_moves_no_amount_by_more_than_a_few_cents(seed):
    made = plan(random_case(seed))
    exact, rounded = made.exact["financing_position"], made.frames["financing_position"]
    for column in ("payments", "support", "drawn"):
        assert (exact[column] - rounded[column]).abs().max() < 0.05
    assert (exact["closing_cash"] - rounded["closing_cash"]).abs().max() < 0.25


@few
@given(SEEDS)
def test_twice_the_money_is_twice_the_need(seed):
    tables = random_case(seed)
    twice = {**tables, **in_unit(READ, tables, 0.5)}
    once, again = solved(tables).objectives, solved(twice).objectives
    assert again["uncovered"] == pytest.approx(2 * once["uncovered"], rel=1e-4, abs=1e-4)
    assert again["unfairness"] == pytest.approx(once["unfairness"], rel=1e-2, abs=1e-3)


@few
@given(SEEDS, st.sampled_from(["pool", "local", "grant"]), st.floats(1, 50))
def test_more_budget_never_raises_the_need(seed, fund, more):
    tables = random_case(seed)
    budget = tables["financing_budget"]
    added = pl.when(pl.col("fund_id") == fund).then(more).otherwise(0.0)
    richer = {**tables, "financing_budget": budget.with_columns(pl.col("budget") + added)}
    assert least(richer) <= least(tables) + 1e-5


@pytest.mark.parametrize("seed", [0, 1, 4])
def test_a_shadow_price_is_what_one_cent_more_removes(seed):
    """The price is a slope: it lies between those of a little less and a little more money."""
    tables = random_case(seed)
    made = plan(tables)
    z = least(tables)
    sources = made.frames["financing_source"].filter(pl.col("source_kind") == "fund")
    step = 0.01
    for row in sources.filter(pl.col("shadow_price") > 0.05).head(5).iter_rows(named=True):
        less, more = (least(with_more(tables, row, s)) for s in (-step, step))
        assert (z - more) / step <= row["shadow_price"] + 1e-4
        assert (less - z) / step >= row["shadow_price"] - 1e-4


def with_more(tables: dict[str, pl.DataFrame], source: dict, more: float) -> dict:
    """The problem with ``more`` in the source's budget of the period."""
    budget = tables["financing_budget"]
    this = (pl.col("fund_id") == source["source_id"]) & (pl.col("period") == source["period"])
    added = pl.when(this).then(more).otherwise(0.0)
    return {**tables, "financing_budget": budget.with_columns(pl.col("budget") + added)}


def test_the_plan_does_not_depend_on_threads():
    tables = random_case(2, institutions=9)
    one, two = plan(tables, threads=1), plan(tables, threads=2)
    for table in set(one.frames) - {"plan_seconds"}:
        assert one.frames[table].equals(two.frames[table]), table
