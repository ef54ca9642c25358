from collections import Counter

import polars as pl
import pytest

from schemas.errors import InputRefused
from transforms.sample import sample_files
from transforms.sample.files import file_name
from transforms.sample.stays import day_number

SAMPLE = sample_files(1, 12, 180)


def frame(table):
    return SAMPLE.files[file_name(table)]


def test_files_are_named_synthetic_with_the_day():
    assert list(SAMPLE.files) == [
        f"synthetic_{table}_2026-02-10.csv"
        for table in (
            "region",
            "zone",
            "institution",
            "population",
            "capacity",
            "encounter",
            "finance",
            "forecast",
        )
    ] + [f"synthetic_forecast_2026-{day}.csv" for day in ("01-27", "02-03")]


def test_every_cell_is_text():
    for table in SAMPLE.files.values():
        assert set(table.dtypes) == {pl.String}


def test_use_of_the_last_day_is_that_of_the_stays_still_open():
    open_stays = frame("encounter").filter(
        (pl.col("record_type") == "stay") & pl.col("discharged_at").is_null()
    )
    patients = open_stays.filter(pl.col("class_id") != "icu").group_by("institution_id").len()
    beds = frame("capacity").filter(
        (pl.col("resource_id") == "general_bed") & (pl.col("date") == "2026-02-10")
    )
    joined = beds.join(patients, on="institution_id")
    assert joined.height == 12
    assert joined["in_use"].cast(pl.Float64).to_list() == joined["len"].to_list()


def test_use_on_any_day_is_the_stays_of_that_midnight():
    stays = frame("encounter").head(frame("encounter").height - 10)
    midnight = "2025-12-01 23:59"
    inside = stays.filter(
        (pl.col("class_id") == "icu")
        & (pl.col("admitted_at") <= midnight)
        & (pl.col("discharged_at").fill_null("9999") > midnight)
    )
    beds = frame("capacity").filter(
        (pl.col("resource_id") == "icu_bed") & (pl.col("date") == "2025-12-01")
    )
    assert beds["in_use"].cast(pl.Float64).sum() == inside.height > 20


def test_faults_by_table_and_fate():
    assert Counter((f.table, f.fate) for f in SAMPLE.faults) == {
        ("population", "unknown"): 1,
        ("capacity", "nulled"): 3,
        ("capacity", "unknown"): 2,
        ("capacity", "duplicate"): 1,
        ("capacity", "quarantined"): 4,
        ("encounter", "unknown"): 2,
        ("encounter", "duplicate"): 1,
        ("encounter", "quarantined"): 6,
        ("encounter", "excluded"): 3,
        ("finance", "nulled"): 1,
        ("finance", "quarantined"): 1,
        ("forecast", "quarantined"): 3,
    }


def test_faults_stand_where_they_say():
    for fault in SAMPLE.faults:
        row = frame(fault.table).row(fault.row - 1, named=True)
        if fault.fate == "unknown":
            assert row[fault.column] in {"NA", "*"}
        if fault.fate == "excluded":
            assert row["record_type"] == "test"
        if fault.meaning == "an institution that nobody knows":
            assert row["institution_id"] == "SYN-H9999"


def test_rows_without_a_fault_have_unique_keys_and_readable_values():
    faulty = [f.row - 1 for f in SAMPLE.faults if f.table == "encounter"]
    clean = frame("encounter").with_row_index().filter(~pl.col("index").is_in(faulty))
    assert clean["encounter_id"].is_unique().all()
    times = clean.select(
        pl.col("admitted_at", "discharged_at").str.to_datetime("%Y-%m-%d %H:%M", strict=True)
    )
    assert times.filter(pl.col("discharged_at") <= pl.col("admitted_at")).is_empty()


@pytest.mark.parametrize(("institutions", "days"), [(1, 28), (2, 31), (61, 40)])
def test_other_sizes_carry_the_same_faults(institutions, days):
    sample = sample_files(5, institutions, days)
    capacity = sample.files[file_name("capacity")]
    dates = capacity["date"].unique().str.to_date(strict=False).drop_nulls()
    assert dates.len() == days
    assert len(sample.faults) == len(SAMPLE.faults)
    assert len({(f.table, f.row) for f in sample.faults}) == len(sample.faults)
    assert day_number(dates.max()) - day_number(dates.min()) == days - 1


@pytest.mark.parametrize(("institutions", "days"), [(0, 180), (12, 27), (-1, 180)])
def test_a_sample_of_nothing_is_refused(institutions, days):
    with pytest.raises(InputRefused, match="28 days or more"):
        sample_files(1, institutions, days)
