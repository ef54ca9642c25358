"""Move arcs: between which institutions a movable resource may travel."""

import polars as pl

from schemas.assumptions.allocation import AllocationAssumptions, ResourceAssumptions
from schemas.results.allocation import AllocationMoveArc
from schemas.table import conform, empty
from transforms.places.distance import great_circle_km, nearest, nearest_in_region


def allocation_move_arc(
    units: pl.DataFrame,
    offers: pl.DataFrame,
    use: pl.DataFrame,
    resource: pl.DataFrame,
    institution: pl.DataFrame,
    travel: pl.DataFrame,
    assumptions: AllocationAssumptions,
) -> pl.DataFrame:
    """The nearest institutions to which one that has units may send some.

    They treat a class that uses the resource, and lie within max_move_km; where borders are
    closed, in the same region. Ties go to the first by id.

    Args:
        units: from ``calendar.units_today``.
        offers: institution_id, class_id.
        use: class_id, resource_id | units.
        resource: clean.resource.
        institution: clean.institution, completed; one whose place is unknown has no arc.
        travel: clean.travel between institutions; goes before great circle × circuity.
        assumptions: resources' max_move_km and nearest_move, circuity, close_borders.

    Returns:
        results.allocation_move_arc.
    """
    movable = set(resource.filter("movable")["resource_id"])
    frames = [empty(AllocationMoveArc)]
    for resource_id, limits in sorted(assumptions.resources.items()):
        if resource_id not in movable or limits.nearest_move == 0:
            continue
        has = units.filter(pl.col("service") > 0, resource_id=resource_id)
        classes = use.filter(resource_id=resource_id).select("class_id")
        needs = offers.join(classes, on="class_id", how="semi")
        givers = institution.join(has, on="institution_id", how="semi")
        takers = institution.join(needs, on="institution_id", how="semi")
        arcs = _arcs(givers, takers, travel, limits, assumptions)
        frames.append(
            conform(AllocationMoveArc, arcs.with_columns(resource_id=pl.lit(resource_id)))
        )
    return conform(AllocationMoveArc, pl.concat(frames))


def _arcs(
    givers: pl.DataFrame,
    takers: pl.DataFrame,
    travel: pl.DataFrame,
    limits: ResourceAssumptions,
    assumptions: AllocationAssumptions,
) -> pl.DataFrame:
    find = nearest_in_region if assumptions.close_borders else nearest
    pairs = find(
        givers.rename({"institution_id": "place_id"}),
        takers.rename({"institution_id": "target_id"}),
        limits.nearest_move + 1,
    ).rename({"place_id": "from_institution_id", "target_id": "to_institution_id"})
    road = travel.select(from_institution_id="from_id", to_institution_id="to_id", road="km")
    km = pl.coalesce("road", great_circle_km() * assumptions.circuity).round(3)
    rank = pl.int_range(1, pl.len() + 1).over("from_institution_id")
    return (
        pairs.join(_from(givers), on="from_institution_id")
        .join(_to(takers), on="to_institution_id")
        .join(road, on=["from_institution_id", "to_institution_id"], how="left")
        .with_columns(km=km)
        .filter(
            pl.col("from_institution_id") != pl.col("to_institution_id"),
            pl.col("km") <= limits.max_move_km,
        )
        .sort("from_institution_id", "km", "to_institution_id")
        .filter(rank <= limits.nearest_move)
    )


def _from(givers: pl.DataFrame) -> pl.DataFrame:
    return givers.select("latitude", "longitude", from_institution_id="institution_id")


def _to(takers: pl.DataFrame) -> pl.DataFrame:
    return takers.select(
        to_institution_id="institution_id", to_latitude="latitude", to_longitude="longitude"
    )
