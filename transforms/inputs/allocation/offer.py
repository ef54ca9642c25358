"""Who treats which class, and how many of its patients are in today."""

import polars as pl

from schemas.errors import InputRefused
from transforms.exact import exact_sum


def refuse_unseen(use: pl.DataFrame, bed: pl.DataFrame, stays: pl.DataFrame) -> None:
    """Refuse to plan for a class as if nobody needed it, when nothing could tell who does.

    Args:
        use: class_id, resource_id | units.
        bed: class_id, resource_id | units, from ``care.bed``.
        stays: from ``stays.stays``.

    Raises:
        InputRefused: naming the classes.
    """
    seen = pl.concat([bed.select("class_id"), stays.select("class_id")])
    unseen = use.select("class_id").unique().join(seen, on="class_id", how="anti")
    if unseen.height:
        names = ", ".join(unseen["class_id"].sort())
        raise InputRefused(
            f"nothing tells how many patients of {names} there are: no encounter names the class, "
            "and every resource it uses is shared with another; load encounters, or give it a "
            "resource of its own in classes.uses"
        )


def patients_today(units: pl.DataFrame, bed: pl.DataFrame, stays: pl.DataFrame) -> pl.DataFrame:
    """Patients in bed at the end of the last day known.

    A class that encounters name is counted from them, any other from the use of its own resource.

    Args:
        units: from ``calendar.units_today``.
        bed: class_id, resource_id | units, from ``care.bed``.
        stays: from ``stays.stays``.

    Returns:
        institution_id, class_id | patients, for those that have any and take part; sorted.
    """
    counted = stays.filter("open").group_by("institution_id", "class_id").agg(patients=pl.len())
    shown = (
        units.join(bed.join(stays, on="class_id", how="anti"), on="resource_id")
        .with_columns(patients=pl.col("use") / pl.col("units"))
        .select("institution_id", "class_id", "patients")
    )
    both = pl.concat([counted.with_columns(pl.col("patients").cast(pl.Float64)), shown])
    return (
        both.join(units, on="institution_id", how="semi")
        .filter(pl.col("patients") > 0)
        .sort("institution_id", "class_id")
    )


def offers(
    units: pl.DataFrame, use: pl.DataFrame, patients: pl.DataFrame, stays: pl.DataFrame
) -> pl.DataFrame:
    """Institutions that offer a class.

    They have units in service of every resource that it uses, or they treat or treated such
    patients.

    Args:
        units: from ``calendar.units_today``.
        use: class_id, resource_id | units.
        patients: from ``patients_today``.
        stays: from ``stays.stays``, those that count as recent.

    Returns:
        institution_id, class_id, sorted.
    """
    pair = ["institution_id", "class_id"]
    equipped = (
        units.join(use, on="resource_id")
        .group_by(pair)
        .agg(all=(pl.col("service") > 0).all())
        .filter("all")
    )
    treated = stays.join(units, on="institution_id", how="semi").select(pair)
    named = pl.concat([equipped.select(pair), patients.select(pair), treated])
    return named.unique().sort(pair)


def usual(
    offers: pl.DataFrame, patients: pl.DataFrame, stays: pl.DataFrame, institution: pl.DataFrame
) -> pl.DataFrame:
    """Share of a zone's patients of a class whom an institution treats as a rule.

    From the stays of patients who live there; where a zone has none of a class, from the
    patients of the zone's own institutions.

    Args:
        offers: from ``offers``.
        patients: from ``patients_today``.
        stays: from ``stays.stays``, those that count as recent.
        institution: clean.institution.

    Returns:
        zone_id, institution_id, class_id | usual (share; sums to 1 by zone and class), sorted.
    """
    place = ["zone_id", "class_id"]
    pair = ["institution_id", "class_id"]
    went = stays.join(offers, on=pair, how="semi").group_by(*place, "institution_id").len("weight")
    home = patients.join(institution.select("institution_id", "zone_id"), on="institution_id")
    shown = home.join(went, on=place, how="anti").select(
        *place, "institution_id", weight="patients"
    )
    both = pl.concat([went.with_columns(pl.col("weight").cast(pl.Float64)), shown])
    return shares(both).sort("zone_id", "institution_id", "class_id")


def shares(weights: pl.DataFrame) -> pl.DataFrame:
    """Divide weights by their sum over a zone and class.

    Args:
        weights: zone_id, institution_id, class_id | weight (> 0).

    Returns:
        zone_id, institution_id, class_id | usual (share).
    """
    place = ["zone_id", "class_id"]
    rounded = weights.with_columns(pl.col("weight").round(9))
    totals = rounded.group_by(place).agg(total=exact_sum("weight", 9))
    return rounded.join(totals, on=place).select(
        "zone_id", "institution_id", "class_id", usual=pl.col("weight") / pl.col("total")
    )
