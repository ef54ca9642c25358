"""Rules across stays, codes and population. Each reads clean tables, returns subject and value.

Few stays are people: their number is shown to the next 5, none up to 10.
"""

import polars as pl

from transforms.supply.supply import people_counted

LONGEST_DAYS = 730
FEW = 10
STEP = 5


def overlapping_stays(encounter: pl.DataFrame) -> pl.DataFrame:
    """Institutions with stays that begin before an earlier stay of the same patient ends.

    One running maximum serves all patients: each has a stretch of time of his own.
    """
    if encounter.is_empty():
        return counted(encounter)
    order = encounter.sort("patient_key", "admitted_at", "institution_id", "discharged_at")
    began, ended = _seconds("admitted_at"), _seconds("discharged_at")
    stretch = int(order.select(pl.max_horizontal(began.max(), ended.max())).item()) + 2
    own = pl.col("patient_key").rle_id().cast(pl.Int64) * stretch
    until = (own + ended.fill_null(stretch - 1)).cum_max().shift(1)
    return counted(order.filter(own + began < until))


def _seconds(column: str) -> pl.Expr:
    """Since the first admission of all."""
    return (pl.col(column) - pl.col("admitted_at").min()).dt.total_seconds()


def long_stays(encounter: pl.DataFrame) -> pl.DataFrame:
    """Institutions with stays of over two years; an open one lasts until the last admission."""
    last = pl.col("admitted_at").max()
    stay = pl.col("discharged_at").fill_null(last) - pl.col("admitted_at")
    return counted(encounter.filter(stay > pl.duration(days=LONGEST_DAYS)))


def counted(stays: pl.DataFrame) -> pl.DataFrame:
    """Stays by institution: subject, and the value to the next 5, null up to 10."""
    counts = stays.group_by("institution_id").agg(stays=pl.len().cast(pl.Float64))
    rounded = (pl.col("stays") / STEP).round() * STEP
    shown = pl.when(pl.col("stays") > FEW).then(rounded)
    return counts.select(subject="institution_id", value=shown).sort("subject")


def forecast_of_unknown_place(
    forecast: pl.DataFrame, zone: pl.DataFrame, institution: pl.DataFrame
) -> pl.DataFrame:
    """Zones and institutions of clean.forecast that are not known; the value is rows."""
    places = [
        forecast.filter(pl.col(code) != "all").join(known, on=code, how="anti").select(subject=code)
        for code, known in (("zone_id", zone), ("institution_id", institution))
    ]
    found = pl.concat(places).group_by("subject").agg(value=pl.len().cast(pl.Float64))
    return found.sort("subject")


def unknown_code(facts: pl.DataFrame, defined: pl.DataFrame, code: str) -> pl.DataFrame:
    """Codes in ``facts`` that ``defined`` does not hold, letter for letter.

    The subject names the institution, or how many there are; the value is rows.

    Args:
        facts: clean.capacity or clean.activity.
        defined: clean.resource or clean.care_class.
        code: its column, resource_id or class_id.
    """
    strange = facts.join(defined, on=code, how="anti")
    found = strange.group_by(code).agg(
        value=pl.len().cast(pl.Float64),
        institutions=pl.col("institution_id").n_unique(),
        only=pl.col("institution_id").min(),
    )
    many = pl.format("{} institutions", "institutions")
    where = pl.when(pl.col("institutions") == 1).then("only").otherwise(many)
    named = found.select(subject=pl.format("{} ({})", code, where), value="value")
    return named.sort("subject")


def stays_of_unknown_class(encounter: pl.DataFrame, care_class: pl.DataFrame) -> pl.DataFrame:
    """Institutions with stays whose class the region does not define; no class is shown."""
    return counted(encounter.join(care_class, on="class_id", how="anti"))


def population_unknown(population: pl.DataFrame, zone: pl.DataFrame) -> pl.DataFrame:
    """Zones of the region with people that count and are unknown; the value is cells."""
    counted = people_counted(population).join(zone, on="zone_id", how="semi")
    unknown = counted.filter(pl.col("persons").is_null()).group_by("zone_id")
    cells = unknown.agg(value=pl.len().cast(pl.Float64))
    return cells.select(subject="zone_id", value="value").sort("subject")
