"""A whole night on the real files of the United States, from the published file."""

import os
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path

import duckdb
import pytest

pytestmark = pytest.mark.slow
WEEKS = ("2022-09-23", "2022-09-30", "2022-10-07")
NEWEST = WEEKS[-1]
REGION = Path(__file__).resolve().parents[2] / "config" / "us.toml"
NIGHT = date(2022, 10, 14)


@pytest.fixture(scope="module")
def home(us, tmp_path_factory):
    from flows.night.orchestrate import run_night

    root = tmp_path_factory.mktemp("us") / "home"
    night, _ = run_night(REGION, us, root, NIGHT, plain=True)
    return night.home


@pytest.fixture(scope="module")
def ask(home):
    """Asks the published file, and lets go of it: a process sees a new file only then."""

    def ask(query: str) -> list[tuple]:
        with duckdb.connect(str(home.published), read_only=True) as con:
            return con.execute(query).fetchall()

    return ask


@pytest.fixture(scope="module")
def newest(us, read_csv) -> list[dict[str, str]]:
    return read_csv(us / f"{NEWEST}-hhs-data.csv")


def test_nine_files_are_loaded_and_their_rows_add_up(ask) -> None:
    verdicts = ask("SELECT feed, verdict, count(*) FROM ops.delivery GROUP BY ALL ORDER BY ALL")
    assert verdicts == [
        ("us_census", "loaded", 1),
        ("us_centroids", "loaded", 1),
        ("us_cost_report", "loaded", 3),
        ("us_general_information", "loaded", 1),
        ("us_hhs", "loaded", 3),
    ]
    assert ask(
        "SELECT count(*) FILTER (rows_read = loaded + quarantined + duplicate + excluded + merged),"
        " sum(quarantined) FROM ops.reconciliation"
    ) == [(9, 0)]


def test_every_hospital_of_the_newest_week_is_published(ask, newest) -> None:
    published = {row[0] for row in ask("SELECT institution_id FROM clean.institution")}
    assert {row["hospital_pk"] for row in newest} <= published
    assert ask("SELECT count(*) FROM clean.institution WHERE tier IS NULL") == [(0,)]


@pytest.mark.parametrize("week", WEEKS)
def test_reported_totals_by_state_equal_those_of_the_csv_module(
    ask, us, read_csv, cells, week
) -> None:
    expected = defaultdict(float)
    for row in read_csv(us / f"{week}-hhs-data.csv"):
        for (resource, measure), (value, _) in cells(row).items():
            expected[row["state"], resource, measure] += value or 0
    published = ask(
        "SELECT region_id, resource_id, in_service_reported, in_use_reported FROM regional.supply"
        f" WHERE date = '{week}' AND resource_id IN ('general_bed', 'icu_bed')"
    )
    found = {(s, r, m): v for s, r, *both in published for m, v in zip(
        ("in_service", "in_use"), both, strict=True)}  # fmt: skip
    assert found == pytest.approx(dict(expected), rel=1e-9, abs=1e-4)


@pytest.mark.parametrize("week", WEEKS)
def test_every_gap_is_accounted_for_by_reason(ask, us, read_csv, cells, week) -> None:
    expected = Counter(
        (resource, measure, reason)
        for row in read_csv(us / f"{week}-hhs-data.csv")
        for (resource, measure), (_, reason) in cells(row).items()
        if reason
    )
    found = ask(
        "SELECT resource_id, column_name, gap_reason, sum(gaps)::INT FROM regional.capacity_gap"
        f" WHERE date = '{week}' AND resource_id IN ('general_bed', 'icu_bed') GROUP BY ALL"
    )
    assert {tuple(row[:3]): row[3] for row in found} == expected


def test_withheld_use_is_the_middle_of_its_range(ask) -> None:
    ((gaps, imputed),) = ask(
        "SELECT sum(gaps), sum(imputed) FROM regional.capacity_gap WHERE resource_id = 'icu_bed'"
        f" AND date = '{NEWEST}' AND column_name = 'in_use' AND imputation_rule = 'middle_of_range'"
    )
    assert gaps == 79
    assert imputed == pytest.approx(2 * 79)


def test_every_county_with_a_hospital_is_in_the_plan(ask, newest) -> None:
    counties = {
        f"{row['state']}-unknown" if row["fips_code"] == "NA" else row["fips_code"]
        for row in newest
    }
    planned = {row[0] for row in ask("SELECT DISTINCT zone_id FROM results.allocation_demand")}
    reached = {row[0] for row in ask("SELECT DISTINCT zone_id FROM results.allocation_arc")}
    assert counties <= planned & reached


def test_the_plan_is_for_the_seven_days_after_the_newest_week(ask) -> None:
    assert ask("SELECT min(date), max(date) FROM results.allocation_demand") == [
        (date(2022, 10, 14), date(2022, 10, 20))
    ]
    assert ask("SELECT DISTINCT data_to FROM results.plan_run") == [(date(2022, 10, 13),)]
    assert ask("SELECT rule FROM ops.alert WHERE subject = 'us'") == []


def test_the_plan_does_less_harm_than_the_status_quo(ask) -> None:
    harm = dict(ask("SELECT policy, harm FROM results.policy_comparison"))
    assert 0 < harm["plan"] < harm["usual"]


def test_each_states_pool_is_half_of_the_uncompensated_care_of_its_hospitals(ask) -> None:
    ((pools, money),) = ask(
        "SELECT count(DISTINCT fund_id), sum(budget) FROM results.financing_budget"
        " WHERE fund_id LIKE 'uncompensated_care_pool:%'"
    )
    assert pools > 50
    assert 1.8e10 < money < 2.2e10


def test_the_same_night_again_loads_nothing_and_publishes_the_same(ask, us, home) -> None:
    from flows.night.orchestrate import run_night
    from flows.store.fingerprint import fingerprint

    before = fingerprint(home.published)
    run_night(REGION, us, home.root, NIGHT, plain=True)
    assert ask("SELECT max(attempt) FROM ops.run") == [(2,)]
    assert fingerprint(home.published) == before
    verdicts = dict(ask("SELECT verdict, count(*) FROM ops.delivery GROUP BY verdict"))
    assert verdicts == {"loaded": 9, "duplicate": 9}


def test_one_thread_publishes_the_same_as_two(us, home, tmp_path) -> None:
    from flows.store.fingerprint import fingerprint

    alone = {**os.environ, "POLARS_MAX_THREADS": "1", "CATCHMENT_THREADS": "1"}
    night = ["nightly", "--plain", "--json", "--region", REGION, "--extracts", us]
    subprocess.run(
        [
            sys.executable,
            "-m",
            "flows.commands.main",
            *night,
            "--night",
            str(NIGHT),
            "--home",
            tmp_path / "h",
        ],
        env=alone,
        check=True,
        capture_output=True,
    )
    published = tmp_path / "h" / "published" / "catchment.duckdb"
    assert fingerprint(published) == fingerprint(home.published)
