"""The French hospital statistics of two years against the csv module."""

import csv
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path

import polars as pl
import pytest

ROOT = Path(__file__).resolve().parents[2]
YEARS = ("2021", "2022")
FORMS = {
    "fr_registry": "ID",
    "fr_acute": "MCO",
    "fr_intensive_care": "REA",
    "fr_imaging": "IMAGES",
    "fr_physicians": "Q20",
    "fr_residents": "Q21",
    "fr_staff": "Q24",
    "fr_theatres": "BLOCS",
    "fr_dialysis": "DIALYSE",
    "fr_emergency": "URGENCES",
}
UNITS = {
    "REAADU": "icu_bed",
    "REAENF": "child_icu_bed",
    "USIC": "coronary_bed",
    "SIUNV": "stroke_bed",
    "AUTSI": "other_intensive_bed",
    "SURVADU": "step_down_bed",
    "SURVENF": "child_step_down_bed",
}
MACHINES = {
    "IRM": "mri",
    "SCAN": "ct",
    "RADIO": "x_ray",
    "VASC": "angiography",
    "MAMM": "mammography",
    "CAM": "gamma_camera",
    "TOMO": "pet",
    "LITHO": "lithotripter",
}
SURGE = 1.2


def number(text: str) -> float | None:
    return float(text) if text else None


@pytest.fixture(scope="session")
def fr() -> Path:
    folder = (ROOT / ".." / "shared" / "data" / "fr").resolve()
    if not folder.is_dir():
        pytest.skip(
            "the real extracts are not here: no folder ../shared/data/fr beside the project"
        )
    return folder


@pytest.fixture(scope="session")
def rows(fr):
    """Rows of a form of a year, by the csv module."""

    def read(form: str, year: str) -> list[dict[str, str]]:
        with (fr / year / f"{form}_{year}r.csv").open(encoding="cp1252", newline="") as file:
            return list(csv.DictReader(file, delimiter=";"))

    return read


@pytest.fixture(scope="session")
def loaded(fr, load):
    """(feed, year) → what the platform made of the form."""
    found = {}
    known: frozenset[str] = frozenset()
    for year in YEARS:
        for feed, form in FORMS.items():
            found[feed, year] = load(feed, fr / year / f"{form}_{year}r.csv", known)
            if feed == "fr_registry":
                known |= frozenset(found[feed, year].tables["institution"]["institution_id"])
    return found


def totals(outcome) -> dict[tuple[str, str], float]:
    """(year, resource) → units in service of the whole country."""
    sums = (
        outcome.tables["capacity"]
        .group_by(year=pl.col("date").dt.year().cast(pl.String), resource="resource_id")
        .agg(pl.col("in_service").sum())
    )
    return {(year, resource): total for year, resource, total in sums.rows()}


def of_csv(rows: list[dict[str, str]], names: dict[str, str]) -> dict[tuple[str, str], float]:
    """As ``totals``, of the columns that ``names`` gives by resource."""
    found: dict[tuple[str, str], float] = defaultdict(float)
    for row in rows:
        for resource, column in names.items():
            found[row["AN"], resource] += number(row[column]) or 0
    return found


@pytest.mark.parametrize("year", YEARS)
@pytest.mark.parametrize("feed", FORMS)
def test_every_row_ends_in_one_state(rows, loaded, feed, year) -> None:
    counts = loaded[feed, year].counts
    assert counts.rows_read == len(rows(FORMS[feed], year))
    assert counts.balances()
    assert counts.quarantined == counts.merged == 0
    assert counts.duplicate == (2 if (feed, year) == ("fr_imaging", "2021") else 0)


def test_french_acute_beds_of_2022_are_190291(rows, loaded) -> None:
    beds = sum(number(row["LIT_MCO"]) or 0 for row in rows("MCO", "2022"))
    assert beds == totals(loaded["fr_acute", "2022"])["2022", "acute_bed"] == 190_291
    bed_days = sum(number(row["JLI_MCO"]) or 0 for row in rows("MCO", "2022"))
    assert round(bed_days / 365) == 184_398


@pytest.mark.parametrize("year", YEARS)
def test_acute_beds_and_places_equal_the_csv_module(rows, loaded, year) -> None:
    expected = of_csv(rows("MCO", year), {"acute_bed": "LIT_MCO", "day_place": "PLA_MCO"})
    assert totals(loaded["fr_acute", year]) == expected


def believed(row: dict[str, str], beds: str, bed_days: str, days: str) -> float | None:
    """Beds in use on an average day; null where the site's other figures contradict them."""
    used, available = number(row[days]), number(row[bed_days]) or 0
    if used is None or used > SURGE * available:
        return None
    service = number(row[beds])
    over = service is not None and used / 365 > SURGE * service + 1e-9
    return None if over else used / 365


@pytest.mark.parametrize("year", YEARS)
def test_days_above_bed_days_are_not_believed_and_the_beds_stay(rows, loaded, year) -> None:
    outcome = loaded["fr_acute", year]
    acute = outcome.tables["capacity"].filter(resource_id="acute_bed")
    expected = {
        row["FI"]: (number(row["LIT_MCO"]), believed(row, "LIT_MCO", "JLI_MCO", "JOU_MCO"))
        for row in rows("MCO", year)
    }
    found = {fi: (beds, used) for fi, beds, used in acute.select(
        "institution_id", "in_service", "in_use").iter_rows()}  # fmt: skip
    assert found == expected
    rules = Counter(outcome.quarantine["rule"])
    assert rules["days_above_bed_days"] == {"2021": 22, "2022": 24}[year]
    assert rules["implausible"] == {"2021": 11, "2022": 10}[year]
    assert set(acute.filter(pl.col("in_use_reason") == "implausible")["in_use"]) == {None}


@pytest.mark.parametrize("year", YEARS)
def test_stays_and_days_equal_the_csv_module(rows, loaded, year) -> None:
    activity = loaded["fr_acute", year].tables["activity"]
    expected = defaultdict(float)
    for row in rows("MCO", year):
        available = number(row["JLI_MCO"]) or 0
        days = number(row["JOU_MCO"]) or 0
        expected["admissions"] += number(row["SEJHC_MCO"]) or 0
        expected["attendances"] += number(row["SEJHP_MCO"]) or 0
        expected["patient_days"] += days if days <= SURGE * available else 0
    assert {name: activity[name].sum() for name in expected} == expected
    assert set(activity["class_id"]) == {"general"}
    period = activity.select("period_start", "period_end").unique().rows()
    assert period == [(date(int(year), 1, 1), date(int(year), 12, 31))]


@pytest.mark.parametrize("year", YEARS)
def test_every_unit_of_critical_care_equals_the_csv_module(rows, loaded, year) -> None:
    units = [row for row in rows("REA", year) if row["UNI"] != "SITOT"]
    capacity = loaded["fr_intensive_care", year].tables["capacity"]
    found = {r[:2]: r[2:] for r in capacity.select(
        "institution_id", "resource_id", "in_service", "in_use").iter_rows()}  # fmt: skip
    assert found == {
        (row["FI"], UNITS[row["UNI"]]): (number(row["LIT"]), believed(row, "LIT", "JLI", "JOU"))
        for row in units
    }
    excluded = loaded["fr_intensive_care", year].counts.excluded
    assert excluded == sum(row["UNI"] == "SITOT" for row in rows("REA", year)) == 354


@pytest.mark.parametrize("year", YEARS)
def test_the_total_of_other_intensive_care_is_the_sum_of_its_parts(rows, year) -> None:
    beds = Counter()
    for row in rows("REA", year):
        beds[row["UNI"]] += number(row["LIT"]) or 0
    assert beds["SITOT"] == beds["USIC"] + beds["SIUNV"] + beds["AUTSI"]


@pytest.mark.parametrize("year", YEARS)
def test_stays_in_intensive_care_are_of_two_classes(rows, loaded, year) -> None:
    expected: dict[str, float] = defaultdict(float)
    for row in rows("REA", year):
        if row["UNI"] in ("REAADU", "REAENF"):
            name = "icu" if row["UNI"] == "REAADU" else "child_icu"
            expected[name] += number(row["SEJ"]) or 0
    activity = loaded["fr_intensive_care", year].tables["activity"]
    sums = activity.group_by("class_id").agg(pl.col("admissions").sum())
    assert dict(sums.rows()) == expected


@pytest.mark.parametrize("year", YEARS)
def test_machines_equal_the_csv_module(rows, loaded, year) -> None:
    expected: dict[tuple[str, str], float] = defaultdict(float)
    seen = set()
    for row in rows("IMAGES", year):
        one = row["AN"], row["FI"], row["EQUIPIMA"], row["NB"]
        if row["EQUIPIMA"] in MACHINES and one not in seen:
            expected[row["AN"], MACHINES[row["EQUIPIMA"]]] += number(row["NB"]) or 0
        seen.add(one)
    assert totals(loaded["fr_imaging", year]) == expected
    assert expected[year, "mri"] == {"2021": 868, "2022": 928}[year]


def test_machines_of_2018_in_the_form_of_2021_stay_machines_of_2018(rows, loaded) -> None:
    old = {row["FI"] for row in rows("IMAGES", "2021") if row["AN"] != "2021"}
    assert {row["AN"] for row in rows("IMAGES", "2021")} == {"2018", "2021"}
    capacity = loaded["fr_imaging", "2021"].tables["capacity"]
    dated = capacity.filter(pl.col("date") == date(2018, 1, 1))
    assert set(dated["institution_id"]) == old
    assert dated.height == 11


def test_one_site_sends_its_scanner_three_times_and_it_counts_once(rows, loaded) -> None:
    scanners = [
        r for r in rows("IMAGES", "2021") if (r["FI"], r["EQUIPIMA"]) == ("540000296", "SCAN")
    ]
    assert len(scanners) == 3
    capacity = loaded["fr_imaging", "2021"].tables["capacity"]
    found = capacity.filter(institution_id="540000296", resource_id="ct")
    assert found["in_service"].to_list() == [1]
    again = loaded["fr_imaging", "2022"].tables["capacity"]
    assert again.filter(institution_id="540000296", resource_id="ct")["in_service"].to_list() == [1]


@pytest.mark.parametrize("year", YEARS)
@pytest.mark.parametrize(
    ("feed", "total", "names"),
    [
        (
            "fr_physicians",
            {"PERSO": "M9999"},
            {"physician": "ETPSAL", "self_employed_physician": "EFFLIB"},
        ),
        ("fr_residents", {"DISCI": "9999"}, {"resident": "ETP_INT"}),
        (
            "fr_staff",
            {"DISCI": "9999"},
            {
                "nurse": "INFNS",
                "specialised_nurse": "INFSP",
                "nursing_assistant": "AIDES",
                "non_medical_staff": "ETPPNM",
            },
        ),
        ("fr_theatres", {}, {"operating_theatre": "SALTOT", "recovery_place": "POST"}),
        ("fr_dialysis", {}, {"dialysis_station": "CAPA"}),
        ("fr_emergency", {}, {"emergency_department": "AUTSU"}),
    ],
)
def test_staff_and_rooms_equal_the_csv_module(rows, loaded, feed, total, names, year) -> None:
    sent = [r for r in rows(FORMS[feed], year) if all(r[c] == word for c, word in total.items())]
    expected = of_csv(sent, names)
    assert totals(loaded[feed, year]) == pytest.approx(expected, rel=1e-12)
    assert min(expected.values()) > 100


@pytest.mark.parametrize("year", YEARS)
def test_physicians_of_all_specialties_add_up_to_the_row_that_is_read(rows, year) -> None:
    sums = Counter()
    for row in rows("Q20", year):
        sums[row["PERSO"] == "M9999"] += number(row["ETPSAL"]) or 0
    assert sums[True] == pytest.approx(sums[False], abs=0.5)


@pytest.mark.parametrize("year", YEARS)
def test_sites_keep_their_zeros_their_place_and_their_owner(rows, loaded, year) -> None:
    registry = {row["fi"]: row for row in rows("ID", year)}
    institution = loaded["fr_registry", year].tables["institution"]
    owners = {"PUB": "public", "PNL": "private, not for profit", "PLU": "private, for profit"}
    names = ["name", "zone_id", "region_id", "ownership", "kind"]
    found = {r["institution_id"]: [r[n] for n in names] for r in institution.to_dicts()}
    assert found == {
        fi: [row["rs"], row["dep"], row["reg"], owners[row["catr"][:3]], row["cat"]]
        for fi, row in registry.items()
    }
    assert {len(fi) for fi in registry} == {9}
    assert sum(fi.startswith("0") for fi in registry) > 250
    tiers = Counter(institution["tier"])
    assert tiers["tertiary"] == sum(row["cat"] == "101" for row in registry.values())
    assert tiers["primary"] == sum(row["cat"] == "106" for row in registry.values())


def test_every_departement_and_region_has_a_name_and_a_place(rows, loaded) -> None:
    tables = loaded["fr_registry", "2022"].tables
    assert tables["zone"].height == len({row["dep"] for row in rows("ID", "2022")}) == 101
    assert tables["zone"].drop("need_weight").null_count().sum_horizontal().item() == 0
    places = {z: (n, r) for z, r, n in tables["zone"].select("zone_id", "region_id", "name").rows()}
    assert places["2A"] == ("Corse-du-Sud", "94")
    assert places["21"] == ("Côte-d'Or", "27")
    assert places["9D"] == ("La Réunion", "04")
    regions = dict(tables["region"].select("region_id", "name").rows())
    assert len(regions) == 19
    assert None not in regions.values()


@pytest.mark.slow
def test_a_night_plans_each_region_and_says_that_there_is_no_money(fr, tmp_path) -> None:
    import duckdb

    from flows.night.orchestrate import run_night

    region = ROOT / "config" / "fr.toml"
    night, _ = run_night(region, fr, tmp_path / "home", date(2023, 6, 1), plain=True)
    with duckdb.connect(str(night.home.published), read_only=True) as con:
        verdicts = con.execute("SELECT verdict, count(*) FROM ops.delivery GROUP BY ALL").fetchall()
        beds = con.execute(
            "SELECT sum(in_service_reported), count(DISTINCT region_id), count(in_service_per_100k)"
            " FROM regional.supply WHERE resource_id = 'acute_bed' AND date = '2022-01-01'"
        ).fetchall()
        plans = con.execute("SELECT DISTINCT model, status FROM results.plan_run").fetchall()
        excluded = con.execute(
            "SELECT DISTINCT exclusion_rule FROM results.financing_excluded"
        ).fetchall()
    assert verdicts == [("loaded", 20)]
    assert beds == [(190_291, 18, 0)]
    assert plans == [("allocation", "optimal")]
    assert excluded == [("no_finance_rows",)]
