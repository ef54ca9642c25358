"""Series of what people need, as they were known at the end of a day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from schemas.assumptions.region import Region
from transforms.demand.stays import daily, planned_stays, record_start
from transforms.supply.care import bed, use
from transforms.supply.supply import period_end

Frames = Mapping[str, pl.DataFrame]
DAY, WEEK = "day", "week"
STEP = {DAY: 1, WEEK: 7}
# Three years: two, from which a year's rhythm is learnt, and one more.
MOST_DAYS = 1100
PLACE = ["institution_id", "need_id"]
# What was put in place of a gap and yet says something of that very day.
TELLING = ("middle_of_range", "region_occupancy")
HISTORY = {"series_id": pl.String, "date": pl.Date, "value": pl.Float64}


@dataclass(frozen=True, slots=True)
class Series:
    """Series of one measure at one frequency.

    ``history``: series_id | date (first day of a week) | value, null where unknown; every series
    has a row for the last period. ``places``: series_id | institution_id, need_id (a class of
    admissions, a resource in use). ``last``: the last day that it covers.
    """

    measure: str
    frequency: str
    history: pl.DataFrame
    places: pl.DataFrame
    last: date

    def periods(self, days: int) -> int:
        """Periods in which ``days`` days lie."""
        return -(-days // STEP[self.frequency])

    def part(self, most: int) -> pl.DataFrame:
        """The history of at most so many series, spread evenly over all."""
        every = max(1, -(-self.places.height // most))
        return self.history.join(self.places.sort("series_id").gather_every(every), on="series_id")


def series(clean: Frames, region: Region, last: date) -> list[Series]:
    """Admissions by institution and class where encounters tell, else units in use.

    Admissions are counted where people are treated, for there is signal: of single zones and
    classes there are too few a day. Units in use are those of the resource that tells how many
    patients of a class are in; of weekly means, weeks are counted back from ``last``; a mean of any
    other period counts as one value, that of the last day.

    Args:
        clean: by name: zone, institution, resource, capacity_estimate, encounter.
        region: the region's file.
        last: the last day known; nothing later is read.

    Returns:
        those that have a known value.
    """
    known = planned_stays(clean, region, last)
    beds = bed(use(region.classes), clean["resource"]).join(known, on="class_id", how="anti")
    found = [_admissions(known, last), *_in_use(clean, beds, region, last)]
    return [s for s in found if s.history["value"].is_not_null().any()]


def window(known: pl.DataFrame, last: date) -> date:
    """The first day counted: where the record starts, at most ``MOST_DAYS`` back."""
    return max(record_start(known) or last, last - timedelta(days=MOST_DAYS - 1))


def _admissions(known: pl.DataFrame, last: date) -> Series:
    counted = daily(known, ["institution_id", "class_id"], window(known, last), last)
    rows = counted.select(*("institution_id", "date"), need_id="class_id", value="admissions")
    return _series("admissions", DAY, rows, last)


def _in_use(clean: Frames, beds: pl.DataFrame, region: Region, last: date) -> list[Series]:
    rows = _used(clean, beds, last)
    oldest = last - timedelta(days=region.planning.oldest_days)
    newest = rows.sort("end").group_by(PLACE, maintain_order=True).last()
    live = newest.filter(pl.col("end") >= oldest)
    same = rows.join(live.select(*PLACE, "period_days"), on=[*PLACE, "period_days"])
    ahead = (pl.lit(last) - pl.col("end")).dt.total_days() // STEP[WEEK]
    week = pl.lit(last) - pl.duration(days=STEP[WEEK] * ahead + STEP[WEEK] - 1)
    lone = live.filter(~pl.col("period_days").is_in(list(STEP.values())))
    by_day = pl.concat(
        [same.filter(period_days=STEP[DAY]), lone.with_columns(date=pl.lit(last))], how="diagonal"
    )
    by_week = same.filter(period_days=STEP[WEEK]).sort("end").with_columns(date=week)
    by_week = by_week.unique([*PLACE, "date"], keep="last", maintain_order=True)
    return [_series("in_use", DAY, by_day, last), _series("in_use", WEEK, by_week, last)]


def _used(clean: Frames, beds: pl.DataFrame, last: date) -> pl.DataFrame:
    """Units in use of the beds' resources, null where only an older figure stands for them."""
    imputed = pl.when(pl.col("in_use_rule").is_in(list(TELLING))).then("in_use_imputed")
    end = pl.min_horizontal(period_end(), pl.lit(last))
    return (
        clean["capacity_estimate"]
        .filter(pl.col("date").is_between(last - timedelta(days=MOST_DAYS), last))
        .join(beds, on="resource_id", how="semi")
        .join(clean["institution"], on="institution_id", how="semi")
        .select(
            "institution_id",
            "date",
            pl.col("period_days").fill_null(1),
            need_id="resource_id",
            end=end,
            value=pl.coalesce("in_use_reported", imputed),
        )
    )


def _series(measure: str, frequency: str, rows: pl.DataFrame, last: date) -> Series:
    named = rows.with_columns(series_id=pl.concat_str(PLACE, separator="|"))
    places = named.select("series_id", *PLACE).unique().sort("series_id")
    newest = last - timedelta(days=STEP[frequency] - 1)
    ends = places.select("series_id", date=pl.lit(newest), value=pl.lit(None, pl.Float64))
    told = named.select(pl.col(c).cast(kind) for c, kind in HISTORY.items())
    lacking = ends.join(told, on=["series_id", "date"], how="anti")
    history = pl.concat([told, lacking]).sort("series_id", "date")
    return Series(measure, frequency, history, places, last)
