from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from schemas.errors import InputRefused
from transforms.sample import assumed
from transforms.sample.places import places
from transforms.sample.stays import day_number, usual_admissions
from transforms.sample.wave import WORST, struck_at, wave_admissions, wave_files

INSTITUTIONS, DAYS = 9, 42
FILES = wave_files(1, INSTITUTIONS, DAYS)
BEGIN = assumed.LAST_DAY - timedelta(days=DAYS - 1)
PAEDIATRIC = 2


def of(table):
    return {
        date.fromisoformat(name[-14:-4]): frame
        for name, frame in FILES.items()
        if name.startswith(f"synthetic_{table}_")
    }


CHANGES = of("encounter_changes")
STAYS = pl.concat([frame for _, frame in sorted(CHANGES.items())]).unique(
    "encounter_id", keep="last", maintain_order=True
)


def per_day(first, last):
    admitted = STAYS["admitted_at"].str.slice(0, 10).str.to_date()
    return admitted.is_between(first, last).sum() / ((last - first).days + 1)


def test_the_same_seed_gives_the_same_extracts_and_another_seed_others():
    again, other = wave_files(1, INSTITUTIONS, DAYS), wave_files(2, INSTITUTIONS, DAYS)
    assert list(again) == list(FILES)
    assert all(again[name].equals(frame) for name, frame in FILES.items())
    assert not other["synthetic_capacity_2026-02-10.csv"].equals(
        FILES["synthetic_capacity_2026-02-10.csv"]
    )


def test_expected_admissions_double_and_fall():
    made = places(1, 73, zones=73)
    days = np.arange(day_number(date(2025, 10, 6)), day_number(assumed.LAST_DAY) + 1)
    mean = wave_admissions(1, made, days, 72)
    usual = usual_admissions(made, days)[:, :PAEDIATRIC]
    raised = mean.sum(axis=(0, 1)) / usual.sum(axis=(0, 1))
    assert raised.max() == pytest.approx(2.0, abs=0.05)
    assert 24 < raised.argmax() - (days.size - 72) < 52
    assert raised[0] == pytest.approx(1)
    assert raised[-1] < 1.25
    assert (mean[:, PAEDIATRIC] == 0).all()


def test_admissions_that_came_double_and_fall():
    before = per_day(BEGIN - timedelta(days=84), BEGIN - timedelta(days=1))
    weeks = [
        per_day(BEGIN + timedelta(days=7 * week), BEGIN + timedelta(days=7 * week + 6))
        for week in range(6)
    ]
    assert 1.7 < max(weeks) / before < 2.4
    assert weeks[0] < 1.4 * before
    assert weeks[-1] < 0.75 * max(weeks)


def test_zones_are_struck_at_times_of_their_own():
    when = struck_at(1, places(1, 73, zones=73))
    assert np.unique(when).size == 73
    assert (when.min(), when.max()) == pytest.approx((0.33, 0.72))


def test_files_come_by_week_before_the_wave_and_by_day_while_it_lasts():
    capacity = of("capacity")
    assert len(capacity) == len(CHANGES) == 12 + DAYS
    weeks, days = sorted(capacity)[:12], sorted(capacity)[12:]
    assert {(b - a).days for a, b in zip(weeks, weeks[1:], strict=False)} == {7}
    assert days == [BEGIN + timedelta(days=day) for day in range(DAYS)]
    for drawn in days:
        assert capacity[drawn]["date"].unique().to_list() == [drawn.isoformat()]
    for table in ("region", "zone", "institution", "population"):
        assert list(of(table)) == weeks[:1]


def test_no_file_tells_what_its_day_did_not_know():
    for drawn, frame in CHANGES.items():
        end = (drawn + timedelta(days=1)).isoformat()
        assert (frame["admitted_at"] < end).all()
        assert (frame["discharged_at"].drop_nulls() < end).all()


def test_a_stay_is_sent_when_it_begins_and_again_when_it_ends():
    drawn = BEGIN + timedelta(days=10)
    came = CHANGES[drawn].filter(pl.col("admitted_at").str.starts_with(drawn.isoformat()))
    assert came["discharged_at"].null_count() == came.height
    left = STAYS.join(came, on="encounter_id", how="semi")["discharged_at"].drop_nulls()
    for day in left.str.slice(0, 10).unique():
        assert CHANGES[date.fromisoformat(day)].join(came, on="encounter_id", how="semi").height


def test_use_is_that_of_the_stays_and_plausible():
    drawn = BEGIN + timedelta(days=20)
    here = of("capacity")[drawn].with_columns(pl.col("in_use", "in_service").cast(pl.Float64))
    midnight = (drawn + timedelta(days=1)).isoformat()
    gone = pl.col("discharged_at").fill_null("9999") >= midnight
    inside = STAYS.filter(pl.col("admitted_at") < midnight, gone, class_id="general")
    beds = here.filter(resource_id="general_bed")
    assert dict(beds.select("institution_id", "in_use").rows()) == dict(
        inside.group_by("institution_id").len().rows()
    )
    assert (here["in_use"] <= WORST * here["in_service"]).all()


@pytest.mark.parametrize(("institutions", "days"), [(2, 40), (9, 27)])
def test_a_wave_needs_places_and_days(institutions, days):
    with pytest.raises(InputRefused, match="a wave needs 3 institutions or more and 28 days"):
        wave_files(1, institutions, days)
