"""The Swiss key figures of ten years against the csv module."""

import csv
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path
from statistics import median

import polars as pl
import pytest

from flows.store.night import load_region
from transforms.inputs.financing.response import cost_response

ROOT = Path(__file__).resolve().parents[2]
YEARS = range(2008, 2018)
KINDS = {"A": "acute", "P": "psychiatric", "R": "rehabilitation", "B": "birth"}
CLASSES = {"A": "general", "P": "psychiatry", "R": "rehabilitation", "B": "birth"}
MEASURES = {
    "operating_cost": "AwT",
    "salaries": "AwBesold",
    "depreciation": "AwInvest",
    "other_income": "EtSonst",
    "subsidies": "EtSubv",
}
PAYERS = {
    "mandatory_inpatient": "ErlKVGStat",
    "mandatory_outpatient": "ErlOKPAmb",
    "supplementary": "ErlZvOKPStat",
}
STAFF = {"physician": "PersA", "nurse": "PersP", "technician": "PersMT", "hospital_staff": "PersT"}
SURGE = 1.2


def number(text: str) -> float | None:
    return float(text) if text else None


@pytest.fixture(scope="session")
def ch() -> Path:
    file = (ROOT / ".." / "shared" / "data" / "ch" / "kzp-2008-2017.csv").resolve()
    if not file.is_file():
        pytest.skip(
            "the real extracts are not here: no folder ../shared/data/ch beside the project"
        )
    return file


@pytest.fixture(scope="session")
def rows(ch) -> list[dict[str, str]]:
    with ch.open(encoding="cp1252", newline="") as file:
        return [{k: v.strip() for k, v in row.items()} for row in csv.DictReader(file)]


@pytest.fixture(scope="session")
def outcome(ch, load):
    return load("ch_key_figures", ch)


def francs(row: dict[str, str]) -> int:
    return 1000 if row["JAHR"] < "2010" else 1


def parts(row: dict[str, str]) -> dict[str, float]:
    """Revenue by payer; empty where the parts are more than the whole."""
    found = {p: sum(number(row[c + k]) or 0 for k in KINDS) for p, c in PAYERS.items()}
    return found if sum(found.values()) <= (number(row["EtMedL"]) or 0) + 1 else {}


def by_year(frame: pl.DataFrame, start: str, names: list[str], value: str) -> dict[tuple, float]:
    sums = frame.group_by(pl.col(start).dt.year().alias("year"), *names).agg(pl.col(value).sum())
    return {row[:-1]: row[-1] for row in sums.iter_rows()}


def without_zeros(sums: dict[tuple, float]) -> dict[tuple, float]:
    return {key: value for key, value in sums.items() if value}


def test_every_row_is_loaded(rows, outcome) -> None:
    counts = outcome.counts
    assert counts.rows_read == counts.loaded == len(rows) == 2960
    assert counts.quarantined == counts.duplicate == counts.excluded == counts.merged == 0


def test_no_column_is_unknown(ch) -> None:
    from flows.store.night import load_feed
    from transforms.reading import read_text

    feed = load_feed(ROOT / "config" / "feeds" / "ch_key_figures.toml")
    assert read_text(ch.read_bytes(), feed).occurrences == []


def test_national_costs_income_and_subsidies_equal_the_csv_module(rows, outcome) -> None:
    expected: dict[tuple, float] = defaultdict(float)
    for row in rows:
        for measure, column in MEASURES.items():
            expected[int(row["JAHR"]), measure] += (number(row[column]) or 0) * francs(row)
    finance = outcome.tables["finance"].filter(pl.col("measure") != "net_patient_revenue")
    found = by_year(finance, "period_start", ["measure"], "amount")
    assert found == pytest.approx(expected, rel=1e-12)
    assert found[2008, "operating_cost"] == 21_120_734_000
    assert found[2017, "operating_cost"] == pytest.approx(29_941_678_003, abs=1)


def test_revenue_by_payer_equals_the_csv_module(rows, outcome) -> None:
    expected: dict[tuple, float] = defaultdict(float)
    for row in rows:
        year, whole = int(row["JAHR"]), number(row["EtMedL"])
        if whole is None:
            continue
        if year < 2010:
            expected[year, "all"] += whole * 1000
            continue
        known = parts(row)
        for payer, amount in {**known, "other": whole - sum(known.values())}.items():
            expected[year, payer] += amount
    finance = outcome.tables["finance"].filter(measure="net_patient_revenue")
    found = by_year(finance, "period_start", ["payer_id"], "amount")
    assert found == pytest.approx(expected, rel=1e-12)
    assert finance["amount"].min() >= -1


def test_all_payers_together_pay_the_reported_revenue(rows, outcome) -> None:
    expected: dict[tuple, float] = defaultdict(float)
    for row in rows:
        expected[int(row["JAHR"]),] += (number(row["EtMedL"]) or 0) * francs(row)
    finance = outcome.tables["finance"].filter(measure="net_patient_revenue")
    assert by_year(finance, "period_start", [], "amount") == pytest.approx(expected, rel=1e-12)


def test_parts_above_the_whole_are_not_believed(rows, outcome) -> None:
    off = sum(not parts(row) for row in rows)
    doubted = outcome.quarantine.filter(rule="payers_above_revenue")
    assert Counter(doubted["column_name"]) == dict.fromkeys(PAYERS, off)
    assert off == 255
    assert set(doubted["grain"]) == {"cell"}


def test_from_2012_cantons_pay_by_treatment_and_subsidies_fall(outcome) -> None:
    totals = by_year(outcome.tables["finance"], "period_start", ["measure"], "amount")
    assert totals[2012, "subsidies"] < 0.6 * totals[2011, "subsidies"]
    assert totals[2012, "net_patient_revenue"] > 1.2 * totals[2011, "net_patient_revenue"]


def test_amounts_are_francs_on_either_side_of_2010(outcome) -> None:
    cost = outcome.tables["finance"].filter(measure="operating_cost").drop_nulls("amount")
    amounts = {(r["institution_id"], r["period_start"].year): r["amount"] for r in cost.to_dicts()}
    for year in range(2008, 2017):
        growth = [
            amounts[i, year + 1] / amount
            for (i, y), amount in amounts.items()
            if y == year and amount and amounts.get((i, year + 1))
        ]
        assert 1.0 < median(growth) < 1.06
        assert len(growth) > 190


def test_beds_by_kind_equal_the_csv_module(rows, outcome) -> None:
    expected: dict[tuple, float] = defaultdict(float)
    for row in rows:
        year = int(row["JAHR"])
        expected[year, "inpatient_bed"] += number(row["Betten"]) or 0
        for letter, kind in KINDS.items():
            expected[year, f"{kind}_bed"] += number(row[f"BettenStat{letter}"]) or 0
        for resource, column in STAFF.items():
            expected[year, resource] += number(row[column]) or 0
    found = by_year(outcome.tables["capacity"], "date", ["resource_id"], "in_service")
    assert without_zeros(found) == pytest.approx(without_zeros(expected), rel=1e-12)
    assert len(without_zeros(expected)) == 2 + 8 * 4 + 10 * 3 + 8


def test_beds_in_use_are_days_by_days_of_the_year(rows, outcome) -> None:
    expected = {}
    for row in rows:
        year = int(row["JAHR"])
        span = 366 if year % 4 == 0 else 365
        for letter, kind in KINDS.items():
            beds = number(row[f"BettenStat{letter}"])
            sent = number(row[f"PtageStat{letter}"])
            days = sent if sent is not None else number(row[f"PtageStatMS{letter}"])
            if not beds and not days:
                continue
            used = None if days is None else days / span
            over = used is not None and beds is not None and used > SURGE * beds + 1e-9
            expected[row["Inst"], f"{kind}_bed", year] = None if over else used
    kinds = [f"{kind}_bed" for kind in KINDS.values()]
    capacity = outcome.tables["capacity"].filter(pl.col("resource_id").is_in(kinds))
    found = {
        (r["institution_id"], r["resource_id"], r["date"].year): r["in_use"]
        for r in capacity.to_dicts()
    }
    assert found == expected


def test_stays_and_days_equal_the_csv_module(rows, outcome) -> None:
    expected: dict[str, dict[tuple, float]] = {m: defaultdict(float) for m in ("stays", "days")}
    for row in rows:
        year = int(row["JAHR"])
        if year < 2010:
            expected["stays"][year, "inpatient"] += number(row["Aust"]) or 0
            expected["days"][year, "inpatient"] += number(row["Ptage"]) or 0
        for letter, name in CLASSES.items():
            for measure, stem in (("stays", "AustStat"), ("days", "PtageStat")):
                sent = number(row[f"{stem}{letter}"])
                value = sent if sent is not None else number(row[f"{stem}MS{letter}"])
                expected[measure][year, name] += value or 0
    activity = outcome.tables["activity"]
    for measure, column in (("stays", "admissions"), ("days", "patient_days")):
        found = by_year(activity, "period_start", ["class_id"], column)
        assert found == pytest.approx(without_zeros(expected[measure]), rel=1e-12)


def test_the_name_without_its_spaces_is_the_key(ch, rows, outcome) -> None:
    names = {year: {r["Inst"] for r in rows if r["JAHR"] == str(year)} for year in YEARS}
    with ch.open(encoding="cp1252", newline="") as file:
        as_sent = {(r["Inst"], r["JAHR"]) for r in csv.DictReader(file)}
    assert sum((name, "2010") in as_sent for name, year in as_sent if year == "2009") == 199
    assert (len(names[2009]), len(names[2009] & names[2010])) == (314, 201)
    institution = outcome.tables["institution"]
    assert set(institution["institution_id"]) == set().union(*names.values())
    last = {
        name: max(y for y in YEARS if name in names[y]) for name in institution["institution_id"]
    }
    found = dict(institution.select("institution_id", "active_to").rows())
    assert found == {n: None if y == 2017 else date(y, 12, 31) for n, y in last.items()}


def test_a_canton_is_a_region_and_a_zone_with_name_and_place(rows, outcome) -> None:
    cantons = {r["KT"] for r in rows}
    zone, region = outcome.tables["zone"], outcome.tables["region"]
    assert len(cantons) == 26
    assert set(zone.select("zone_id", "region_id").rows()) == {(c, c) for c in cantons}
    assert zone.drop("need_weight").null_count().sum_horizontal().item() == 0
    assert dict(region.select("region_id", "parent_region_id").rows()) == {
        "CH": None, **dict.fromkeys(cantons, "CH"),
    }  # fmt: skip
    assert dict(region.select("region_id", "name").rows())["GR"] == "Graubünden"


def test_a_hospital_that_moved_stands_in_its_last_canton(outcome) -> None:
    found = dict(outcome.tables["institution"].select("institution_id", "region_id").rows())
    assert found["Zürcher RehaZentrum Davos"] == "GR"


def test_owners_and_tiers_follow_the_newest_row_that_says(rows, outcome) -> None:
    institution = outcome.tables["institution"]
    newest = {r["Inst"]: r for r in rows if r["JAHR"] == "2017"}
    found = {r["institution_id"]: r for r in institution.to_dicts()}
    for name, row in newest.items():
        assert found[name]["kind"] == row["Typ"]
        assert found[name]["ownership"] == ("public" if row["RForm"] == "R4" else "private")
    tiers = Counter(found[n]["tier"] for n in newest)
    types = Counter(r["Typ"] for r in newest.values())
    assert tiers["tertiary"] == types["K111"] + types["K112"]
    assert tiers["secondary"] == types["K121"] + types["K122"]
    assert tiers["primary"] == types["K123"]


def test_the_assumed_fixed_share_is_what_the_hospitals_own_years_show(outcome) -> None:
    assumed = load_region(ROOT / "config" / "ch.toml").region.financing
    tables = outcome.tables
    (found,) = cost_response(
        tables["finance"], tables["activity"], assumed.least_report_days, "estimated"
    ).to_dicts()
    assert found["pairs"] == 2227
    assert assumed.fixed_cost_share == round(found["fixed_share_used"], 2)
    assert 0.23 < found["low"] < found["variable_share"] < found["high"] < 0.30


@pytest.fixture(scope="session")
def ask(ch, tmp_path_factory):
    """Answers from the published file of a whole night."""
    import duckdb

    from flows.night.orchestrate import run_night

    root = tmp_path_factory.mktemp("ch") / "home"
    region = ROOT / "config" / "ch.toml"
    night, _ = run_night(region, ch.parent, root, date(2018, 6, 1), plain=True)
    con = duckdb.connect(str(night.home.published), read_only=True)
    yield lambda query: con.execute(query).fetchall()
    con.close()


@pytest.mark.slow
def test_a_night_plans_and_finances_the_hospitals_of_2017(rows, ask) -> None:
    ready = [
        r for r in rows
        if r["JAHR"] == "2017" and (number(r["AwT"]) or 0) > 0 and (number(r["EtMedL"]) or 0) > 0
    ]  # fmt: skip
    financed = ask("SELECT DISTINCT institution_id FROM results.financing_institution")
    assert {name for (name,) in financed} == {r["Inst"] for r in ready}
    assert ask("SELECT DISTINCT model, status FROM results.plan_run ORDER BY model") == [
        ("allocation", "optimal"),
        ("financing", "optimal"),
    ]


@pytest.mark.slow
def test_cantons_give_what_they_gave_in_2017_and_no_more(rows, ask) -> None:
    given: dict[str, float] = defaultdict(float)
    for row in rows:
        if row["JAHR"] == "2017":
            given[f"cantonal_subsidy:{row['KT']}"] += number(row["EtSubv"]) or 0
    budgets = ask("SELECT fund_id, sum(budget) FROM results.financing_budget GROUP BY 1")
    assert dict(budgets) == pytest.approx(given, abs=1)
    used = dict(
        ask("SELECT source_id, sum(amount) FROM results.financing_flow "
            "WHERE flow_kind = 'support' GROUP BY 1")
    )  # fmt: skip
    assert all(amount <= given[fund] + 1 for fund, amount in used.items())
    assert sum(used.values()) > 0.9 * sum(given.values())


@pytest.mark.slow
def test_money_is_conserved_to_the_cent(ask) -> None:
    ((positions, off),) = ask(
        "SELECT count(*), max(abs(round(100 * (opening_cash + payments + support + drawn "
        "+ other_income + interest_earned + uncovered - operating_cost - capital_need "
        "- debt_service - principal_due - interest_due - closing_cash)))) "
        "FROM results.financing_position"
    )
    assert (positions, off) == (4 * 278, 0)


@pytest.mark.slow
def test_published_beds_of_2017_equal_the_csv_module(rows, ask) -> None:
    beds = sum(number(r["BettenStatA"]) or 0 for r in rows if r["JAHR"] == "2017")
    found = ask(
        "SELECT sum(in_service_reported), count(in_service_per_100k) FROM regional.supply "
        "WHERE resource_id = 'acute_bed' AND date = '2017-01-01'"
    )
    assert found == [(pytest.approx(beds, rel=1e-9), 0)]
