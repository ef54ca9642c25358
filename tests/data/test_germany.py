"""The German register of intensive care, night by night, against the csv module."""

import csv
from collections import defaultdict
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from flows.store.night import load_region
from schemas import clean
from transforms.history.merge import as_of, current, delivery_order
from transforms.supply.care import mean_stay

ROOT = Path(__file__).resolve().parents[2]
REGION = ROOT / "config" / "de.toml"
FEED = "de_intensive_care"
TABLES = (clean.Region, clean.Zone, clean.Institution, clean.Capacity, clean.Activity)
MEASURES = ("in_service", "in_use")
TOTAL_BEDS, TOTAL_USED = 20_178, 18_355


@pytest.fixture(scope="session")
def nights() -> list[Path]:
    folder = (ROOT / ".." / "shared" / "data" / "de" / "divi_nights").resolve()
    if not folder.is_dir():
        pytest.skip(
            "the real extracts are not here: no folder ../shared/data/de beside the project"
        )
    return sorted(folder.glob("*.csv"))


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def number(text: str) -> float | None:
    return None if text == "NA" else float(text)


def cells(rows: list[dict[str, str]]) -> dict[tuple, tuple[float | None, float | None]]:
    """(state, resource, day) → (in service, in use), straight from the file."""
    found = {}
    for row in rows:
        key = row["bundesland_id"], date.fromisoformat(row["datum"])
        used, free = number(row["intensivbetten_belegt"]), number(row["intensivbetten_frei"])
        reserve = number(row["intensivbetten_7_tage_notfallreserve"])
        ventilation = number(row["kapazitaeten_frei_invasive_beatmung_gesamt"])
        found[key[0], "icu_bed", key[1]] = (used + free, used)
        found[key[0], "reserve_icu_bed", key[1]] = (reserve, 0)
        found[key[0], "free_ventilation", key[1]] = (ventilation, 0)
    return found


def loaded_cells(capacity: pl.DataFrame) -> dict[tuple, tuple[float | None, float | None]]:
    return {row[:3]: row[3:] for row in capacity.select("institution_id", "resource_id", "date",
            *MEASURES).iter_rows()}  # fmt: skip


@pytest.fixture(scope="session")
def outcomes(nights, load):
    return {path.name: load(FEED, path) for path in nights}


def history(outcomes, names: list[str]) -> tuple[dict[str, pl.DataFrame], pl.DataFrame]:
    """Everything delivered, in the order of ``names``, and ``ops.delivery`` of it."""
    feed = load_region(REGION).feed(FEED)
    ids = [f"{at:02d}" for at in range(len(names))]
    tables = {
        table: pl.concat(
            outcomes[n].tables[table.__name__.lower()].with_columns(delivery_id=pl.lit(i))
            for i, n in zip(ids, names, strict=True)
        )
        for table in TABLES
    }
    deliveries = pl.DataFrame(
        {
            "delivery_id": ids,
            "feed": [FEED] * len(names),
            "verdict": ["loaded"] * len(names),
            "extract_time": [feed.extract_time(n) for n in names],
            "received_at": [datetime(2023, 1, 1, 0, at) for at in range(len(names))],
        },
        schema_overrides={"extract_time": pl.Datetime("us"), "received_at": pl.Datetime("us")},
    )
    return tables, deliveries


def final(tables, deliveries) -> dict[str, pl.DataFrame]:
    order = delivery_order(deliveries, (FEED,), {FEED: "whole_table"})
    return {table.__name__: current(table, frame, order) for table, frame in tables.items()}


def test_every_row_of_every_night_is_loaded(nights, outcomes) -> None:
    assert len(nights) == 17
    for path in nights:
        counts = outcomes[path.name].counts
        assert counts.rows_read == counts.loaded == len(rows_of(path)) > 14_000
        assert counts.cells_nulled == 0


def test_the_sixteen_states_stand_as_one_institution_each(nights, outcomes) -> None:
    rows = rows_of(nights[-1])
    expected = {(r["bundesland_id"], r["bundesland_name"]) for r in rows}
    tables = outcomes[nights[-1].name].tables
    institution = tables["institution"]
    assert set(institution.select("institution_id", "name").rows()) == expected
    assert {i for i, _ in expected} == {f"{n:02d}" for n in range(1, 17)}
    assert institution.select((pl.col("zone_id") == pl.col("region_id")).all()).item()
    assert tables["zone"].null_count().select("latitude", "longitude").row(0) == (0, 0)
    parents = dict(tables["region"].select("region_id", "parent_region_id").rows())
    assert parents == {"DE": None} | {i: "DE" for i, _ in expected}


def test_every_cell_of_the_newest_night_equals_the_csv_module(nights, outcomes) -> None:
    capacity = outcomes[nights[-1].name].tables["capacity"]
    expected = cells(rows_of(nights[-1]))
    assert loaded_cells(capacity) == expected
    day = date(2022, 12, 23)
    beds = [v for (_, resource, on), v in expected.items() if (resource, on) == ("icu_bed", day)]
    totals = capacity.filter(date=day, resource_id="icu_bed")
    assert totals["in_service"].sum() == sum(service for service, _ in beds) == TOTAL_BEDS
    assert totals["in_use"].sum() == sum(use for _, use in beds) == TOTAL_USED


def test_national_totals_of_every_night_and_day_equal_the_csv_module(nights, outcomes) -> None:
    for path in nights:
        expected: dict[tuple, float] = defaultdict(float)
        for (_, resource, day), (service, use) in cells(rows_of(path)).items():
            expected[resource, day, "in_service"] += service or 0
            expected[resource, day, "in_use"] += use or 0
        capacity = outcomes[path.name].tables["capacity"]
        sums = capacity.group_by("resource_id", "date").agg(pl.col(m).sum() for m in MEASURES)
        found = {(r["resource_id"], r["date"], m): r[m] for r in sums.to_dicts() for m in MEASURES}
        assert found == expected


def test_covid_patients_and_first_admissions_equal_the_csv_module(nights, outcomes) -> None:
    rows = rows_of(nights[-1])
    activity = outcomes[nights[-1].name].tables["activity"]
    found = {
        (r["institution_id"], r["period_start"]): (r["admissions"], r["patient_days"])
        for r in activity.to_dicts()
    }
    assert found == {
        (r["bundesland_id"], date.fromisoformat(r["datum"])): (
            number(r["faelle_covid_erstaufnahmen"]),
            number(r["faelle_covid_aktuell"]),
        )
        for r in rows
    }
    assert activity["admissions"].null_count() == 7952


def test_the_mean_stay_with_covid_is_the_registers_own(nights, outcomes) -> None:
    activity = outcomes[nights[-1].name].tables["activity"]
    of_2022 = activity.filter(pl.col("period_start") >= date(2022, 1, 1)).drop_nulls("admissions")
    whole_year = of_2022.with_columns(period_start=pl.lit(date(2022, 1, 1)))
    ((_, stay),) = mean_stay(whole_year).rows()
    classes = {c.class_id: c for c in load_region(REGION).region.classes}
    assert classes["icu_covid"].mean_stay_days == round(stay, 1)


def test_the_new_column_is_drift_and_the_rest_loads(nights, load) -> None:
    from flows.store.night import load_feed
    from transforms.reading import read_text

    feed = load_feed(ROOT / "config" / "feeds" / f"{FEED}.toml")
    drifting = {
        path.name[5:15]
        for path in nights
        if any(
            o.private == "behandlungsgruppe_level_2"
            for o in read_text(path.read_bytes(), feed).occurrences
        )
    }
    assert drifting == {"2022-12-22", "2022-12-23"}
    assert load(FEED, nights[-1]).counts.loaded == len(rows_of(nights[-1]))


@pytest.mark.parametrize("arrival", ["in order", "in reverse", "twice"])
def test_nights_in_any_order_give_the_newest_file(nights, outcomes, arrival) -> None:
    names = [path.name for path in nights]
    order = {"in order": names, "in reverse": names[::-1], "twice": [*names, *names]}[arrival]
    tables = final(*history(outcomes, order))
    newest = outcomes[names[-1]].tables
    for table in TABLES:
        assert tables[table.__name__].equals(newest[table.__name__.lower()])
    assert loaded_cells(tables["Capacity"]) == cells(rows_of(nights[-1]))


def test_as_of_a_day_without_a_file_is_the_file_before(nights, outcomes) -> None:
    tables, deliveries = history(outcomes, [path.name for path in nights[::-1]])
    before = as_of(deliveries, date(2022, 10, 5), {FEED: "Europe/Berlin"})
    assert before.height == 6
    found = final(tables, before)
    (file,) = [path for path in nights if "2022-10-04" in path.name]
    assert not [path for path in nights if "2022-10-05" in path.name]
    assert loaded_cells(found["Capacity"]) == cells(rows_of(file))
    assert found["Capacity"]["date"].max() == date(2022, 10, 4)


@pytest.fixture(scope="session")
def ingested(nights, tmp_path_factory):
    """Deliver files to a warehouse, each as it arrives: its home."""
    from flows.ingest import ingest_feed
    from flows.ingest.restated import record_restatements
    from flows.night.run import begin
    from flows.store.night import plan_night

    def deliver(order: list[Path]):
        root = tmp_path_factory.mktemp("nights")
        inbox = root / "inbox"
        inbox.mkdir()
        night = begin(plan_night(REGION, inbox, root / "home", date(2022, 12, 24)))
        for path in order:
            (inbox / path.name).write_bytes(path.read_bytes())
            ingest_feed(night, FEED)
            record_restatements(night)
            (inbox / path.name).unlink()
        return night

    return deliver


def held(home, table) -> pl.DataFrame:
    from flows.store.warehouse import opened, read

    with opened(home) as con:
        return read(con, table)


@pytest.fixture(scope="session")
def three_nights(nights, ingested):
    return ingested([nights[5], nights[6], nights[-1]])


@pytest.mark.parametrize("arrival", ["in reverse", "twice"])
def test_the_warehouse_ends_with_the_newest_file(nights, ingested, three_nights, arrival) -> None:
    from flows.night.steps import steps_of
    from schemas import ops

    some = [nights[5], nights[6], nights[-1]]
    order = some[::-1] if arrival == "in reverse" else [*some, *some]
    night = ingested(order)
    (step,) = [step for step in steps_of(night) if step.name == "clean_capacity"]
    step.run(night)
    assert loaded_cells(held(night.home, clean.Capacity)) == cells(rows_of(nights[-1]))
    copies = len(order) - len(some)
    verdicts = held(night.home, ops.Delivery)["verdict"].to_list()
    assert sorted(verdicts) == ["duplicate"] * copies + ["loaded"] * 3
    in_order = held(three_nights.home, ops.Restatement)
    assert held(night.home, ops.Restatement).equals(in_order)


def test_what_a_night_restated_equals_the_csv_module(nights, three_nights) -> None:
    from schemas import ops

    earlier, later = (cells(rows_of(nights[at])) for at in (5, 6))
    assert [nights[at].name[5:15] for at in (5, 6)] == ["2022-10-04", "2022-10-06"]
    both = earlier.keys() & later.keys()
    steps = {k: abs(later[k][1] - earlier[k][1]) for k in both if later[k][1] != earlier[k][1]}
    expected = {
        ("(the row)", "new"): (len(later.keys() - both), None),
        ("(the row)", "gone"): (len(earlier.keys() - both), None),
        ("(the row)", "restated"): (sum(earlier[k] != later[k] for k in both), None),
        ("(the row)", "same"): (sum(earlier[k] == later[k] for k in both), None),
        ("in_use", "changed"): (len(steps), max(steps.values())),
    }
    deliveries = held(three_nights.home, ops.Delivery)
    (second,) = deliveries.filter(file_name=nights[6].name)["delivery_id"]
    rows = held(three_nights.home, ops.Restatement).filter(
        delivery_id=second, table_name="capacity"
    )
    found = {(r["column_name"], r["change"]): (r["rows"], r["largest"]) for r in rows.to_dicts()}
    assert found.pop(("in_service", "changed")) == (1, 13)
    assert found == expected
    assert expected["(the row)", "restated"] == (2, None)
    touched = rows.filter(change="restated")
    assert touched.select("first_date", "last_date").row(0) == (date(2022, 10, 4),) * 2


def test_a_night_forecasts_the_past_as_the_register_told_it_then(nights, three_nights) -> None:
    """The state of 6 October 2022 is that of the file of 6 October, not of a later one."""
    from flows.night import expect
    from flows.store.warehouse import History, opened, read_all
    from schemas import ops

    read = (ops.Delivery, *(History(table) for table in expect.REVISED), clean.Institution)
    with opened(three_nights.home) as con:
        frames = read_all(con, read)
    earlier = expect.earlier(three_nights, frames)
    assert list(earlier) == [date(2022, 10, 4), date(2022, 10, 6), date(2022, 12, 23)]
    told = {
        (row["institution_id"], row["resource_id"], row["date"]): row["in_use_reported"]
        for row in earlier[date(2022, 10, 6)]["capacity_estimate"].to_dicts()
    }
    assert told == {key: in_use for key, (_, in_use) in cells(rows_of(nights[6])).items()}


@pytest.mark.slow
def test_a_night_plans_intensive_care_and_says_that_there_is_no_money(nights, tmp_path) -> None:
    import duckdb

    from flows.clerk.rebuild import rebuild
    from flows.night.orchestrate import run_night
    from schemas import ops

    night, _ = run_night(
        REGION, nights[0].parent, tmp_path / "home", date(2022, 12, 24), plain=True
    )
    with duckdb.connect(str(night.home.published), read_only=True) as con:
        beds = con.execute(
            "SELECT sum(in_service), sum(in_use), count(in_service_per_100k) FROM regional.supply "
            "WHERE resource_id = 'icu_bed' AND date = '2022-12-23'"
        ).fetchall()
        plans = con.execute("SELECT DISTINCT model, status FROM results.plan_run").fetchall()
        excluded = con.execute(
            "SELECT exclusion_rule, count(*) FROM results.financing_excluded GROUP BY 1"
        ).fetchall()
        flagged = con.execute(
            "SELECT count(*) FROM ops.delivery_event WHERE private = 'behandlungsgruppe_level_2'"
        ).fetchall()
    assert beds == [(TOTAL_BEDS, TOTAL_USED, 0)]
    assert plans == [("allocation", "optimal")]
    assert excluded == [("no_finance_rows", 16)]
    assert flagged == [(2,)]
    before = held(night.home, ops.Restatement)
    assert before["delivery_id"].n_unique() == 17
    rebuild(night.home, None, plans=False)
    assert held(night.home, ops.Restatement).equals(before)
