"""A plan made on drawn paths that verifies, and every rule of the paths that it may not break."""

import polars as pl
import pytest

from optimization.verify.allocation import verify_allocation
from schemas.errors import PlanRefused, TableRefused
from schemas.results.allocation import ON_PATHS
from schemas.table import name, polars_schema
from tests.unit.optimization.verify.planted import (
    extra,
    lose,
    more,
    planted,
    put,
    put_all,
    refusal,
)
from tests.unit.optimization.verify.sound import allocated

FLOW = "allocation_scenario_flow"
HARM = "allocation_scenario_harm"
LATER = pl.col("date") == pl.col("date").max()
THIRD = pl.col("date").dt.offset_by("1d") == pl.col("date").max()
FIRST = pl.col("date") == pl.col("date").min()


def done(action, when):
    return (pl.col("action") == action) & when


CLOSED = done("surge", THIRD & (pl.col("path") == 2) & (pl.col("to_id") == "H1"))


def setting(name, value):
    return put("allocation_setting", pl.col("setting") == name, value=value)


def sent_away(tables):
    """All whom one hospital admits of a zone on a path's last day, admitted by another."""
    by = ["path", "from_id", "subject_id", "date"]
    rows = tables[FLOW].with_row_index("row").filter(done("admit", LATER))
    both = rows.filter(pl.len().over(by) > 1).sort(*by, "planned")
    giver, taker = both.group_by(by, maintain_order=True).agg("row")["row"][0].to_list()[-1:-3:-1]
    amount = tables[FLOW]["planned"][giver]
    row = pl.int_range(pl.len())
    added = pl.when(row == taker).then(amount).when(row == giver).then(-amount).otherwise(0.0)
    moved = tables[FLOW].with_columns(pl.col("planned") + added)
    return {**tables, FLOW: moved.filter(pl.col("planned") > 0)}


PLANTED = [
    ("path_rows", put_all("allocation_scenario", path=pl.col("path") + 1)),
    ("path_rows", extra("allocation_scenario", zone_id="Z9")),
    ("path_rows", lose(HARM)),
    ("path_rows", setting("demand", "mean")),
    ("path_arcs", extra(FLOW, done("admit", LATER), to_id="H9")),
    ("path_arcs", extra(FLOW, done("move", LATER), from_id="H9")),
    ("path_demand", more(FLOW, 99.0, done("admit", LATER), planned=1)),
    ("path_limit", sent_away),
    ("path_surge", more(FLOW, 99.0, done("surge", LATER), planned=1)),
    ("path_retention", more(FLOW, 99.0, done("move", LATER), planned=1)),
    ("admitted_as_planned", more(FLOW, -1e-3, done("admit", FIRST), planned=1)),
    ("admitted_as_planned", lose(FLOW, done("admit", FIRST))),
    ("moved_as_planned", more(FLOW, 1e-3, done("move", FIRST), planned=1)),
    ("moved_as_planned", lose(FLOW, done("move", FIRST))),
    ("opened_as_planned", more(FLOW, -1e-3, done("surge", FIRST), planned=1)),
    ("harm_of_path", more(HARM, harm=1)),
    ("harm_of_path", more(HARM, harm_unmet=1, harm_crowding=-1)),
    ("harm_of_path", lose(FLOW, done("admit", LATER))),
    ("usual_harm_of_path", more(HARM, usual_harm=1)),
    ("mean_harm", lose("allocation_risk")),
    ("mean_harm", more("allocation_risk", mean_harm=1)),
    ("excess_harm", more("allocation_risk", tail_harm=1)),
    ("no_worse_over_paths", more(FLOW, -0.02, CLOSED, planned=1)),
    ("excess_harm", setting("tail", "0.6")),
    ("objective", setting("tail_weight", "0.4")),
    ("tiers", lose("plan_run", pl.col("objective_name") == "cost_over_paths")),
]


@pytest.fixture(scope="module")
def tables():
    return allocated("paths")[0]


@pytest.mark.parametrize(("rule", "edits"), [(rule, edits) for rule, *edits in PLANTED])
def test_a_planted_violation_is_refused_by_its_rule(tables, rule, edits):
    assert refusal(verify_allocation, planted(tables, *edits)).rule == rule


def numbers():
    return [
        (name(table), column)
        for table in ON_PATHS
        for column, kind in polars_schema(table).items()
        if kind == pl.Float64
    ]


@pytest.mark.parametrize(("table", "column"), numbers())
def test_a_changed_number_is_caught(tables, table, column):
    rows = tables[table].filter(pl.col(column) > 0)
    assert rows.height
    for row in (0, rows.height // 2, rows.height - 1):
        key = [c for c in rows.columns if rows.schema[c] != pl.Float64]
        here = pl.all_horizontal(*(pl.col(c) == rows[c][row] for c in key))
        with pytest.raises((PlanRefused, TableRefused)):
            verify_allocation(
                planted(tables, put(table, here, **{column: pl.col(column) * 1.0002}))
            )


def test_every_tier_over_the_paths_is_reached(tables):
    tiers = tables["plan_run"]["objective_name"].to_list()
    assert len(tiers) == 6
    for tier in tiers:
        chosen = pl.col("objective_name") == tier
        worse = put("plan_run", chosen, objective=pl.col("objective") * 1.0002)
        assert refusal(verify_allocation, planted(tables, worse)).rule == "objective"
