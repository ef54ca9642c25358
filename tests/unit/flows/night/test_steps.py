from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from flows.night.plans import planned, reads_of, unreached
from flows.night.steps import Step, lineage, steps
from flows.store.night import Night, load_region, plan_night
from flows.store.warehouse import History, full_name, initialise, opened, read, sources
from optimization.models import ALLOCATION, FINANCING, PURCHASES
from schemas import clean, ops
from schemas.errors import SolverStopped, TableRefused
from schemas.results.run import PlanRun, PlanSeconds
from schemas.table import conform, empty, name, polars_schema
from schemas.tables import ALL

DEMO = Path(__file__).parents[4] / "config" / "demo.toml"
FILES = load_region(DEMO)
STEPS = steps(FILES.feeds)
# Tables to which several steps add rows of their own, and the one that the runner writes.
SHARED = {
    *(ops.Delivery, ops.DeliveryEvent, ops.Quarantine, ops.Reconciliation, ops.Decision),
    *(PlanRun, PlanSeconds, ops.Alert),
}
OF_THE_RUNNER = {ops.Run}


def read_too_early(listed: Iterable[Step]) -> list[tuple[str, str]]:
    """What a step reads that no earlier step makes."""
    made, found = set(), []
    for step in listed:
        found += [(step.name, full_name(table)) for table in step.reads if table not in made]
        made |= set(step.makes)
    return found


def test_a_step_reads_what_an_earlier_one_made():
    delivered = {full_name(History(t)) for t in clean.FEED_TABLES.values()}
    assert {table for _, table in read_too_early(STEPS)} <= delivered


def test_a_step_that_reads_too_early_is_found():
    swapped = [s for s in STEPS if s.name != "clean_zone"] + [
        s for s in STEPS if s.name == "clean_zone"
    ]
    assert ("clean_institution", "clean.zone") in read_too_early(swapped)


def test_every_table_is_made_by_one_step():
    makers = {table: [s.name for s in STEPS if table in s.makes] for table in ALL}
    assert {t for t, by in makers.items() if len(by) > 1} == SHARED
    assert {t for t, by in makers.items() if not by} == OF_THE_RUNNER


def test_names_are_identifiers_and_no_two_are_alike():
    names = [step.name for step in STEPS]
    assert len(set(names)) == len(names)
    assert all(n.isidentifier() for n in names)


def test_steps_that_make_rows_of_people_say_so():
    assert [s.name for s in STEPS if s.patient_data] == [
        "ingest_canonical_encounter",
        "clean_encounter",
    ]


def test_lineage_has_a_row_for_each_table_and_each_thing_that_its_step_reads():
    rows = lineage(STEPS).filter(made="regional.supply").rows()
    reads = ("capacity_estimate", "institution", "population", "zone")
    assert rows == [("regional.supply", "regional_supply", f"clean.{table}") for table in reads]
    resource = lineage(STEPS).filter(made="clean.resource").rows()
    assert resource == [("clean.resource", "clean_resource", "the region's file")]


@pytest.fixture(scope="module")
def night(tmp_path_factory) -> Night:
    root = tmp_path_factory.mktemp("night")
    found = plan_night(DEMO, root, root / "home", date(2026, 2, 10))
    initialise(found.home.prepare())
    return found


def step(make, makes=(clean.Resource,), reads=()) -> Step:
    return Step("one", "clean", makes, reads, make)


def resources(*ids: str) -> pl.DataFrame:
    rows = pl.DataFrame({"resource_id": ids}).with_columns(
        name="resource_id", category=pl.lit("environment"), unit=pl.lit("bed"), movable=False
    )
    return conform(clean.Resource, rows)


def test_a_step_replaces_what_it_makes(night):
    for ids in (("a", "b"), ("c",)):
        assert step(lambda _, frames, ids=ids: resources(*ids)).run(night) == len(ids)
    with opened(night.home) as con:
        assert read(con, clean.Resource)["resource_id"].to_list() == ["c"]


def test_a_step_has_only_what_it_declares_to_read(night):
    seen = []
    step(lambda _, frames: seen.extend(frames) or {}, reads=(clean.Zone, History(clean.Zone))).run(
        night
    )
    assert seen == ["zone", "history.zone"]


def test_a_step_makes_only_what_it_declares(night):
    with pytest.raises(KeyError, match="zone"):
        step(lambda *_: {"zone": empty(clean.Zone)}).run(night)


def test_of_all_that_a_step_makes_nothing_stands_if_one_table_is_refused(night):
    step(lambda *_: resources("kept")).run(night)
    wrong = {"resource": resources("new"), "zone": pl.DataFrame({"zone_id": [None]})}
    with pytest.raises(TableRefused):
        step(lambda *_: wrong, makes=(clean.Resource, clean.Zone)).run(night)
    with opened(night.home) as con:
        assert read(con, clean.Resource)["resource_id"].to_list() == ["kept"]


def test_rows_of_other_steps_and_nights_stay(night):
    def alert(subject: str) -> pl.DataFrame:
        row = {"run_key": "k", "step": "s", "rule": "r", "subject": subject, "message": "m"}
        return conform(ops.Alert, pl.DataFrame([row]))

    one = step(lambda *_: alert("first"), makes=(ops.Alert,))
    one.run(night)
    replace(one, name="two", make=lambda *_: alert("second")).run(night)
    one.run(replace(night, date=date(2026, 2, 11)))
    replace(one, make=lambda *_: alert("third")).run(night)
    with opened(night.home) as con:
        rows = read(con, ops.Alert).select("run_key", "step", "subject").rows()
    assert sorted(rows) == [
        ("demo/2026-02-10", "one", "third"),
        ("demo/2026-02-10", "two", "second"),
        ("demo/2026-02-11", "one", "first"),
    ]


def test_a_region_reads_no_more_than_its_models_need():
    region = FILES.region
    bare = region.financing.model_copy(update={"payers": {}, "purchases": ()})
    poor = region.model_copy(update={"financing": bare})
    assert clean.Encounter in reads_of(FINANCING, None)
    assert clean.Encounter not in reads_of(FINANCING, poor)
    assert reads_of(PURCHASES, poor) == ()
    assert set(reads_of(PURCHASES, None)) >= set(ALLOCATION.inputs)


def test_a_stopped_solver_leaves_all_but_an_alert(night, monkeypatch):
    def stopped(*_):
        raise SolverStopped("time limit")

    monkeypatch.setitem(planned.__globals__["INPUTS"], "financing", lambda *_: ({}, True))
    found = planned(replace(FINANCING, plan=stopped), night, {})
    assert list(found) == ["alert"]
    assert found["alert"].select("rule", "subject").row(0) == ("plan_stale", "financing")


def test_where_there_is_nothing_to_decide_results_and_runs_are_empty(night, monkeypatch):
    monkeypatch.setitem(planned.__globals__["INPUTS"], "financing", lambda *_: ({}, False))
    found = planned(FINANCING, night, {})
    tables = (*FINANCING.inputs, *FINANCING.results, PlanRun, PlanSeconds, ops.Alert)
    assert set(found) == {name(t) for t in tables}
    assert all(frame.is_empty() for frame in found.values())


def test_patients_whom_nobody_may_admit_are_said_by_class():
    wanted = {"zone_id": ["Z1", "Z2", "Z2"], "class_id": ["icu", "icu", "general"], "mean": 1.0}
    arc = {"zone_id": ["Z2"], "class_id": ["general"]}
    found = unreached(pl.DataFrame(wanted), pl.DataFrame(arc))
    assert found.select("rule", "subject").rows() == [("nobody_in_reach", "icu")]
    assert "from 2 zones" in found["message"].item()


def test_only_tables_with_rows_of_several_steps_or_nights_name_them():
    named = {t for t in ALL if {"run_key", "step", "model"} & set(polars_schema(t))}
    assert named == {PlanRun, PlanSeconds, ops.Alert, ops.Run, ops.Quality, ops.QualityScore}


def test_where_a_table_comes_from_is_said_in_words():
    said = sources(lineage(STEPS))
    assert said["clean.care_class"] == "clean_care_class from clean.activity, the region's file"
    assert said["results.plan_run"] == "allocation, financing, purchases"
    assert "ops.run" not in said
