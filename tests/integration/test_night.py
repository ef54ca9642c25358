"""The sample night, whole: what it loads, publishes, repeats and refuses."""

import json
import os
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import duckdb
import pytest
from rich.console import Console

from flows.commands.main import main
from flows.night.orchestrate import run_night
from flows.night.steps import steps_of
from flows.night.summary import render
from flows.publish.verify import verify_published
from flows.store.fingerprint import fingerprint, warehouse_fingerprint
from flows.store.home import Home, one_night
from flows.store.night import plan_night
from optimization.models import Model
from schemas.errors import NightBusy, PlanRefused, SolverStopped
from tests.waiting import HANGS

LEFT = "SELECT from_institution_id, to_institution_id, resource_id, arrives, units FROM results."
# No unit is planned that nobody reported: what is under way is on one side only.
MADE_UP = """
    SELECT abs(sum(units)) < 1e-6 FROM (
        SELECT in_service AS units FROM results.allocation_capacity
        WHERE date = (SELECT max(date) FROM results.allocation_capacity)
        UNION ALL
        SELECT -coalesce(in_service_reported, in_service_imputed) FROM clean.capacity_estimate
        WHERE date = DATE '2026-01-21'
        UNION ALL SELECT unreported - units FROM results.allocation_under_way)
"""


def ask(home: Home, query: str, *, exact: bool = False) -> list[tuple]:
    """Ask the published file; where it withholds counts of patients, ``exact`` the warehouse."""
    file = home.warehouse if exact else home.published
    with duckdb.connect(str(file), read_only=True) as con:
        return con.execute(query).fetchall()


@pytest.fixture
def region(short_night) -> Path:
    return short_night / "region" / "demo.toml"


@pytest.fixture
def again(short_night, tmp_path) -> Home:
    """A copy of the home of a night on ``region``, to change."""
    shutil.copytree(short_night / "home", tmp_path / "home")
    return Home(tmp_path / "home")


JUDGED = """
    SELECT planned_on, first_day, last_day, realised_by FROM results.plan_outcome
    WHERE area = 'all' AND planned_on = DATE '2026-01-20'
"""


def test_every_delivery_of_the_sample_is_loaded_and_adds_up(night_one):
    assert ask(night_one, "SELECT DISTINCT verdict FROM ops.delivery") == [("loaded",)]
    bad = ask(
        night_one,
        "SELECT * FROM ops.reconciliation "
        "WHERE rows_read <> loaded + quarantined + duplicate + excluded + merged",
        exact=True,
    )
    assert bad == []
    counts = ask(
        night_one,
        "SELECT sum(quarantined), sum(duplicate), sum(excluded) FROM ops.reconciliation",
        exact=True,
    )
    assert counts == [(14, 2, 3)]


def test_the_sample_has_twelve_institutions_in_three_regions_and_forty_zones(night_one):
    assert ask(night_one, "SELECT count(*) FROM clean.institution") == [(12,)]
    assert ask(night_one, "SELECT count(*) FROM clean.zone") == [(40,)]
    assert ask(night_one, "SELECT count(DISTINCT region_id) FROM clean.institution") == [(3,)]
    assert ask(night_one, "SELECT count(DISTINCT tier) FROM clean.institution") == [(3,)]


def test_the_plan_starts_the_day_after_the_night(night_one):
    about = dict(ask(night_one, "SELECT item, value FROM ops.about"))
    facts = "SELECT code FROM ops.vocabulary WHERE column_name = 'item'"
    assert {fact for (fact,) in ask(night_one, facts)} == set(about)
    assert about["night"] == "2026-02-10"
    assert about["plan_from"] == "2026-02-11"
    assert about["synthetic"] == "true"
    (first, days) = ask(
        night_one, "SELECT min(date), count(DISTINCT date) FROM results.allocation_demand"
    )[0]
    assert (first, days) == (date(2026, 2, 11), 7)
    runs = ask(night_one, "SELECT DISTINCT model, data_to FROM results.plan_run ORDER BY ALL")
    assert runs == [(m, date(2026, 2, 10)) for m in ("allocation", "financing", "purchases")]
    assert ask(night_one, "SELECT rule FROM ops.alert WHERE subject = 'demo'") == []


def test_the_plan_is_better_than_the_status_quo(night_one):
    harm = dict(ask(night_one, "SELECT policy, harm FROM results.policy_comparison"))
    assert 0 < harm["plan"] < 0.8 * harm["usual"]


def test_what_robustness_and_fairness_cost_is_published(night_one):
    rows = ask(night_one, "SELECT alternative, harm, cost FROM results.allocation_alternative")
    harm = {setting: harm for setting, harm, _ in rows}
    assert len(rows) == 7
    assert harm["demand upper"] >= harm["demand mean"] - 1e-3


def test_money_is_needed_and_some_of_it_is_covered(night_one):
    ((need, uncovered),) = ask(
        night_one, "SELECT sum(need), sum(uncovered) FROM results.financing_outcome"
    )
    assert 0 <= uncovered < need


def test_the_published_plan_and_budget_are_recomputed(night_one):
    found = verify_published(night_one)
    assert [line.split(":")[0] for line in found] == [
        "allocation",
        "financing",
        "purchases",
        "forecast",
        "outcome",
    ]
    assert all("worst relative violation" in line for line in found)


def test_a_changed_plan_is_refused(again):
    again.published.chmod(0o644)
    with duckdb.connect(str(again.published)) as con:
        con.execute("UPDATE results.allocation_load SET planned_use = planned_use * 1.001")
    with pytest.raises(PlanRefused):
        verify_published(again)


def test_a_second_time_without_its_server_loads_nothing_and_publishes_the_same(
    again, sample, region, monkeypatch
):
    before = fingerprint(again.published)
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    _, notes = run_night(region, sample, again.root, None, plain=False)
    assert notes == [
        "Prefect: the named server does not answer within 2 s; the night ran without it"
    ]
    assert ask(again, "SELECT DISTINCT orchestrator FROM ops.run WHERE attempt = 2") == [("plain",)]
    assert fingerprint(again.published) == before
    verdicts = dict(
        ask(again, "SELECT verdict, count(*) FROM ops.delivery GROUP BY verdict ORDER BY verdict")
    )
    assert verdicts["duplicate"] == verdicts["loaded"]
    reasons = ask(again, "SELECT DISTINCT reason FROM ops.delivery WHERE verdict = 'duplicate'")
    assert reasons == [("same_as_loaded",)]
    assert ask(again, "SELECT max(attempt) FROM ops.run") == [(2,)]


def test_another_home_process_and_one_thread_change_nothing(sample, region, tmp_path, again):
    command = [sys.executable, "-m", "flows.commands.main", "nightly", "--plain", "--json"]
    subprocess.run(
        [*command, "--region", region, "--extracts", sample, "--home", tmp_path / "other"],
        env={**os.environ, "POLARS_MAX_THREADS": "1", "CATCHMENT_THREADS": "1"},
        check=True,
        capture_output=True,
    )
    assert fingerprint(Home(tmp_path / "other").published) == fingerprint(again.published)


def test_bad_files_are_rejected_by_name_and_the_night_goes_on(again, region, tmp_path):
    before = fingerprint(again.published)
    bad = tmp_path / "bad"
    bad.mkdir()
    png = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8
    (bad / "synthetic_capacity_2026-02-10.csv").write_bytes(png)
    (bad / "synthetic_population_2026-02-10.csv").write_text("zone_id,year,persons\nz,2025,1\n")
    (bad / "synthetic_finance_2026-02-10.csv").write_bytes(b"")
    (bad / "holiday.jpg").write_bytes(png)
    run_night(region, bad, again.root, None, plain=True)
    rejected = dict(
        ask(
            again,
            "SELECT file_name, words FROM ops.delivery JOIN ops.delivery_event"
            " USING (delivery_id) WHERE code = reason",
        )
    )
    assert set(rejected) == {p.name for p in bad.iterdir()}
    assert "PNG" in rejected["synthetic_capacity_2026-02-10.csv"]
    assert "age_band" in rejected["synthetic_population_2026-02-10.csv"]
    assert "empty" in rejected["synthetic_finance_2026-02-10.csv"]
    assert "no feed" in rejected["holiday.jpg"]
    assert fingerprint(again.published) == before


def test_a_second_night_at_once_is_turned_away(again, region, sample):
    hold = (
        "import sys; from pathlib import Path; from flows.store.home import Home, one_night\n"
        f"with one_night(Home(Path({str(again.root)!r})), 'demo/first'):\n"
        "    print('held', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(NightBusy, match="demo/first"):
            run_night(region, sample, again.root, None, plain=True)
    finally:
        holder.stdin.close()
        holder.wait(HANGS)
    with one_night(again, "free again"):
        pass


def test_the_next_night_starts_from_what_the_last_one_set_going(again, sample, region):
    run_night(region, sample, again.root, date(2026, 1, 20), plain=True)
    about = dict(ask(again, "SELECT item, value FROM ops.about"))
    assert about["plan_from"] == "2026-01-21"
    assert ask(again, "FROM results.allocation_announced_day") == []
    left = ask(again, LEFT + "allocation_move WHERE date = DATE '2026-01-21' ORDER BY ALL")
    run_night(region, sample, again.root, date(2026, 1, 21), plain=True)
    days = ask(again, "SELECT min(date), count(*) FROM results.allocation_announced_day")
    assert days == [(date(2026, 1, 22), 2)]
    assert left
    assert ask(again, LEFT + "allocation_under_way ORDER BY ALL") == left
    assert ask(again, MADE_UP, exact=True) == [(True,)]
    judged = ask(again, JUDGED)
    assert judged == [(date(2026, 1, 20), date(2026, 1, 21), date(2026, 1, 21), "reports")]
    verify_published(again)


def test_the_summary_reads_for_people_and_for_machines(again, sample, region, capsys, monkeypatch):
    arguments = ["nightly", "--region", region, "--extracts", sample, "--home", again.root]
    arguments += ["--backups", again.root.with_name("backups")]
    options = ["--plain", "--json", "--night", "2026-02-13"]
    monkeypatch.setattr(sys, "argv", ["catchment", *map(str, arguments), *options])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    figures = json.loads(capsys.readouterr().out)
    rows = figures["rows"]
    assert rows["read"] == sum(
        rows[n] for n in ("loaded", "quarantined", "duplicate", "excluded", "merged")
    )
    assert {d["verdict"] for d in figures["deliveries"]} == {"duplicate"}
    assert set(figures["plan"]) == {"usual", "turn_away", "plan"}
    assert figures["about"]["data_to"] == "2026-02-10"
    of_days = [(a["rule"], a["measured"]) for a in figures["alerts"] if a["subject"] == "demo"]
    assert of_days == [("plan_begins_before_night", 2), ("silent_night", None)]
    render(figures, Console(width=150))
    first, second = capsys.readouterr().out.splitlines()[:2]
    assert first.endswith(
        "2026-02-13: the plan begins 2 days before the night; no new delivery came"
    )
    assert second.startswith("Plans from 2026-02-11 on data to 2026-02-10, 3 days old")
    assert figures["outputs"]["published"] == str(again.published)
    rolling = figures["rolling"]
    assert rolling["announced"] > 50, "nothing new was told, so the plan of the day before stands"
    assert rolling["otherwise"] <= 0.05 * rolling["announced"]
    assert figures["backup"]["tables"] == len(warehouse_fingerprint(again))
    assert Path(figures["backup"]["file"]).stat().st_size == figures["backup"]["bytes"]


def test_a_wrong_region_file_ends_with_its_exit_code(tmp_path, capsys, monkeypatch):
    wrong = tmp_path / "wrong.toml"
    wrong.write_text('region = "x"\nhorizon = 7\n')
    monkeypatch.setattr(sys, "argv", ["catchment", "nightly", "--region", str(wrong), "--plain"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "horizon" in capsys.readouterr().err


def test_a_stopped_solver_is_said_once_and_no_more_when_it_ends(again, sample, region, monkeypatch):
    night = plan_night(region, sample, again.root, None).numbered(2)
    (financing,) = [step for step in steps_of(night) if step.name == "financing"]
    stale = "SELECT rule, subject FROM ops.alert WHERE rule = 'plan_stale'"

    def stopped(*given, **named):
        raise SolverStopped("time limit without a plan")

    with monkeypatch.context() as patched:
        patched.setattr(Model, "solve", stopped)
        financing.run(night)
        financing.run(night)
    assert ask(again, stale, exact=True) == [("plan_stale", "financing")]
    financing.run(night)
    assert ask(again, stale, exact=True) == []
