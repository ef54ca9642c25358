"""The list of models: what every entry of it promises."""

import importlib.util
from dataclasses import replace

import polars as pl
import pytest

from optimization.models import FINANCING, MODELS
from schemas.assumptions.financing import FinancingAssumptions
from schemas.assumptions.region import Region
from schemas.errors import PlanRefused
from schemas.table import layer, name
from schemas.tables import PUBLISHED
from tests.unit.optimization.financing.instances import random_case

REGION = Region.model_construct(financing=FinancingAssumptions.model_construct())


def test_every_table_of_a_model_stands_in_one_entry_of_the_list():
    own = [name(table) for model in MODELS for table in (*model.inputs, *model.results)]
    assert len(own) == len(set(own))
    results = {name(table) for table in PUBLISHED if layer(table) == "results"}
    of_the_night = {"plan_run", "plan_outcome", "plan_outcome_day", "plan_outcome_institution"}
    assert results - set(own) == of_the_night


def test_a_model_reads_what_is_made_before_it():
    known = set()
    for model in MODELS:
        foreign = {t for t in model.reads if layer(t) == "results"}
        assert foreign <= known
        known |= {*model.inputs, *model.results}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_every_model_has_the_same_files(model):
    folder = f"optimization.{model.name}"
    for file in ("inputs", "model", "constraints", "tiers", "results", "plan"):
        assert importlib.util.find_spec(f"{folder}.{file}"), file
    assert model.formulation.symbols.__name__ == folder


def test_a_plan_says_how_far_its_worst_figure_is_off_and_how_long_that_took():
    made = FINANCING.solve(random_case(1), REGION, threads=1)
    found = FINANCING.verify({**random_case(1), **made.exact})
    assert made.frames["plan_run"]["worst_violation"].unique().to_list() == [found.worst_violation]
    assert "verify" in made.frames["plan_seconds"]["stage"]


def test_a_plan_that_does_not_follow_from_its_inputs_is_refused():
    def wrong(frames, region, threads):
        plan = FINANCING.plan(frames, region, threads)
        more = plan.exact["financing_flow"].with_columns(pl.col("amount") * 1.01)
        return replace(plan, exact={**plan.exact, "financing_flow": more})

    with pytest.raises(PlanRefused):
        replace(FINANCING, plan=wrong).solve(random_case(1), REGION, threads=1)
