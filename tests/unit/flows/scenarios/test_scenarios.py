import hashlib
import json
from datetime import date
from pathlib import Path

import highspy
import polars as pl
import pytest
from typer.testing import CliRunner

from flows.commands.main import app
from flows.publish import publish
from flows.scenarios.run import what_if
from flows.store.home import Home
from flows.store.warehouse import initialise, opened, replace_all
from schemas import clean, ops
from schemas.assumptions.allocation import AllocationAssumptions
from schemas.errors import ConfigRefused, HomeRefused
from schemas.results import allocation as tables
from schemas.table import Table, conform, empty, name
from tests.unit.optimization.allocation.cases import plan

CONFIG = Path(__file__).resolve().parents[4] / "config"
DAYS = [date(2026, 2, 11), date(2026, 2, 12)]
ASSUMED = AllocationAssumptions.model_validate(
    {
        "horizon_days": 2,
        "classes": {"icu": {"max_km": 50, "nearest": 2, "elsewhere_limit": 0.5, "cost_km": 2}},
        "resources": {"bed": {"harm": 1, "occupancy_target": 1}},
    }
)
INPUTS: dict[type[Table], dict[str, list]] = {
    clean.Zone: {"zone_id": ["Z1", "Z2"], "region_id": ["R", "R"]},
    clean.Institution: {
        "institution_id": ["A", "B"],
        "zone_id": ["Z1", "Z2"],
        "region_id": ["R", "R"],
    },
    tables.AllocationDemand: {
        "zone_id": ["Z1", "Z1", "Z2", "Z2"],
        "class_id": ["icu"] * 4,
        "date": DAYS * 2,
        "mean": [6.0, 6.0, 2.0, 2.0],
        "upper": [8.0, 8.0, 3.0, 3.0],
    },
    tables.AllocationArc: {
        "zone_id": ["Z1", "Z1", "Z2", "Z2"],
        "institution_id": ["A", "B", "A", "B"],
        "class_id": ["icu"] * 4,
        "km": [0.0, 10.0, 10.0, 0.0],
        "usual": [1.0, 0.0, 0.0, 1.0],
    },
    tables.AllocationCapacity: {
        "institution_id": ["A", "A", "B", "B"],
        "resource_id": ["bed"] * 4,
        "date": DAYS * 2,
        "in_service": [4.0, 4.0, 4.0, 4.0],
        "surge_limit": [0.0] * 4,
    },
    tables.AllocationStay: {"class_id": ["icu"], "day": [0], "staying_share": [1.0]},
    tables.AllocationUse: {"class_id": ["icu"], "resource_id": ["bed"], "units_per_patient": [1.0]},
    tables.AllocationClass: {
        "class_id": ["icu"],
        "harm_weight": [2.0],
        "mean_stay_days": [1.0],
        "elsewhere_limit": [0.5],
        "cost_km": [2.0],
    },
    tables.AllocationResource: {
        "resource_id": ["bed"],
        "movable": [False],
        "crowding_weight": [1.0],
        "occupancy_target": [1.0],
        "retain_share": [1.0],
        "lead_days": [0],
        "cost_unit_km": [0.0],
        "cost_surge_day": [10.0],
    },
}
REGION = """
region = "tiny"
name = "Two hospitals"
currency = "EUR"
timezone = "Europe/Vienna"
feeds = ["canonical_capacity"]
[[resources]]
resource_id = "bed"
name = "Bed"
category = "environment"
unit = "bed"
[[classes]]
class_id = "icu"
name = "Intensive care"
harm_weight = 2.0
uses = { bed = 1 }
[planning]
[allocation]
horizon_days = 2
[allocation.classes.icu]
max_km = 50
nearest = 2
elsewhere_limit = 0.5
cost_km = 2.0
[allocation.resources.bed]
harm = 1.0
occupancy_target = 1.0
[financing]
periods = 4
period_months = 3
fixed_cost_share = 0.8
"""


@pytest.fixture(scope="module")
def region(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("config")
    (folder / "feeds").mkdir()
    feed = "canonical_capacity.toml"
    (folder / "feeds" / feed).write_bytes((CONFIG / "feeds" / feed).read_bytes())
    file = folder / "tiny.toml"
    file.write_text(REGION)
    return file


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Home:
    """Six patients a day want A, two want B; each has four beds: usual is 2 over, the plan 0."""
    home = Home(tmp_path_factory.mktemp("scenarios") / "home").prepare()
    initialise(home)
    stored = {table: conform(table, pl.DataFrame(rows)) for table, rows in INPUTS.items()}
    named = {name(table): frame for table, frame in stored.items()}
    named = {name(table): empty(table) for table in tables.INPUTS} | named
    solved = plan(named, named["zone"], named["institution"], ASSUMED)
    stored[tables.PolicyComparison] = solved.frames["policy_comparison"]
    about = {"item": ["region", "night", "disclosure"], "value": ["tiny", "2026-02-10", "public"]}
    stored[ops.About] = conform(ops.About, pl.DataFrame(about))
    with opened(home) as con:
        replace_all(con, stored)
    publish(home)
    return home


def scenario(folder: Path, text: str, name: str = "test") -> Path:
    file = folder / f"{name}.toml"
    file.write_text(f'name = "{name}"\n{text}')
    return file


def figures(result, name: str) -> dict[str, float]:
    return result.comparison.filter(scenario=name, policy="plan").row(0, named=True)


def test_last_night_stands_first_and_sends_two_patients_a_day_ten_km(home, region):
    result = what_if(region, home, [])
    assert result.comparison["scenario"].to_list() == ["last_night", "last_night"]
    last = figures(result, "last_night")
    assert (last["crowding_unit_days"], last["sent"], last["cost"]) == pytest.approx(
        (0, 4, 80), abs=1e-3
    )


def test_a_quarter_more_demand_leaves_two_patients_a_day_without_a_bed(home, region, tmp_path):
    file = scenario(tmp_path, "[[demand_factor]]\nfactor = 1.25")
    found = figures(what_if(region, home, [file]), "test")
    assert (found["crowding_unit_days"], found["harm"]) == pytest.approx((4, 4), abs=1e-3)


def test_a_closed_institution_sends_all_its_patients_to_the_other(home, region, tmp_path):
    file = scenario(tmp_path, '[[closed]]\ninstitution_id = "B"')
    found = figures(what_if(region, home, [file]), "test")
    assert (found["crowding_unit_days"], found["sent"]) == pytest.approx((8, 0), abs=1e-3)


def test_a_smaller_limit_on_sending_leaves_a_patient_a_day_over(home, region, tmp_path):
    file = scenario(tmp_path, "[elsewhere_limit]\nicu = 0.2")
    found = figures(what_if(region, home, [file]), "test")
    assert (found["sent"], found["crowding_unit_days"]) == pytest.approx((2.4, 1.6), abs=1e-3)


def test_the_upper_bound_of_demand_may_be_planned_for(home, region, tmp_path):
    found = figures(what_if(region, home, [scenario(tmp_path, 'demand = "upper"')]), "test")
    assert found["crowding_unit_days"] == pytest.approx(6, abs=1e-3)


def test_what_was_published_keeps_every_byte_and_the_warehouse_is_not_opened(
    home, region, tmp_path
):
    files = (home.published, home.warehouse)
    before = [(hashlib.sha256(f.read_bytes()).hexdigest(), f.stat().st_mtime_ns) for f in files]
    what_if(region, home, [scenario(tmp_path, "[[demand_factor]]\nfactor = 1.1", "more")])
    after = [(hashlib.sha256(f.read_bytes()).hexdigest(), f.stat().st_mtime_ns) for f in files]
    assert after == before
    kept = home.root / "scenarios"
    assert pl.read_parquet(kept / "more" / "allocation_transfer.parquet").height > 0
    assert set(pl.read_csv(kept / "comparison.csv")["scenario"]) == {"last_night", "more"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("demnad = 1", "demnad"),
        ("[[demand_factor]]\nfactor = -1", "demand_factor.0.factor"),
        ('[[demand_factor]]\nfactor = 1\nclass_id = "ICU"', "demand_factor.0.class_id"),
        ('[[closed]]\ninstitution_id = "X"', "closed.0.institution_id"),
        ('[[staff_lost]]\nresource_id = "nurse"\nshare = 0.1', "staff_lost.0.resource_id"),
        ("[surge_share]\nward = 0.1", "surge_share"),
        ("[elsewhere_limit]\nicu = 1.5", "elsewhere_limit.icu"),
        ("surge_budget = ", "test.toml"),
    ],
)
def test_what_a_scenario_may_not_say_is_refused_by_its_key(home, region, tmp_path, text, message):
    with pytest.raises(ConfigRefused, match=message):
        what_if(region, home, [scenario(tmp_path, text)])


def test_two_scenarios_of_one_name_are_refused(home, region, tmp_path):
    file = scenario(tmp_path, "")
    with pytest.raises(ConfigRefused, match="two scenarios are called test"):
        what_if(region, home, [file, file])


def test_a_home_without_a_plan_or_of_another_region_is_refused(home, region, tmp_path):
    with pytest.raises(HomeRefused, match="nothing is published"):
        what_if(region, Home(tmp_path), [])
    other = region.parent / "other.toml"
    other.write_text(REGION.replace('region = "tiny"', 'region = "other"'))
    with pytest.raises(ConfigRefused, match="the home holds a plan of tiny"):
        what_if(other, home, [])


def test_saved_models_solved_elsewhere_have_the_optima_of_the_plan(home, region, tmp_path):
    result = what_if(region, home, [], tmp_path / "night.mps")
    assert [f.name for f in result.models] == [
        "night.harm.mps",
        "night.unfairness.mps",
        "night.cost.mps",
    ]
    (solve,) = result.solves
    for file, optimum in zip(result.models, solve["objectives"].values(), strict=True):
        highs = highspy.Highs()
        highs.setOptionValue("output_flag", False)
        assert highs.readModel(str(file)) == highspy.HighsStatus.kOk
        highs.run()
        assert highs.getInfo().objective_function_value == pytest.approx(optimum, abs=1e-3)


def test_a_model_is_saved_only_under_an_ending_that_says_how(home, region, tmp_path):
    with pytest.raises(ConfigRefused, match="must end in .mps or .lp"):
        what_if(region, home, [], tmp_path / "night.txt")


def test_the_command_prints_scenarios_beside_last_night(home, region, tmp_path):
    file = scenario(tmp_path, "[[demand_factor]]\nfactor = 1.25", "more_patients")
    options = ["--region", str(region), "--home", str(home.root), "--scenario", str(file)]
    shown = CliRunner().invoke(app, ["plan", *options])
    assert shown.exit_code == 0
    assert shown.output.index("last_night") < shown.output.index("more_patients")
    printed = json.loads(CliRunner().invoke(app, ["plan", *options, "--json"]).output)
    assert printed["solves"][0]["scenario"]["demand_factor"] == [{"factor": 1.25}]
    assert json.loads((home.root / "scenarios" / "comparison.json").read_text()) == printed
