"""Referral arcs, from zones to the institutions that may admit their patients; move arcs, between
institutions, along which a movable resource may travel."""

import polars as pl

from schemas.assumptions.allocation import AllocationAssumptions, ResourceAssumptions
from schemas.results.allocation import AllocationArc, AllocationMoveArc
from schemas.table import conform, empty
from transforms.inputs.allocation.offer import shares
from transforms.places.places import great_circle_km, nearest, nearest_in_region

ARC = ["zone_id", "institution_id", "class_id"]
PLACE = ["zone_id", "class_id"]


def allocation_arc(
    wanted: pl.DataFrame,
    offers: pl.DataFrame,
    usual: pl.DataFrame,
    zone: pl.DataFrame,
    institution: pl.DataFrame,
    travel: pl.DataFrame,
    assumptions: AllocationAssumptions,
) -> pl.DataFrame:
    """Who may admit whom: the usual institutions, the nearest within reach, and the nearest one.

    Where borders are closed no arc leaves the zone's region. The usual shares of the arcs that
    remain are scaled to sum to 1; where none remains, the nearest is the usual one. A zone or
    institution whose place is unknown has its usual arcs only, at 0 km unless travel says; a
    zone that would have none is served by the first by id of its own institutions, else of its
    region's, else of all. None is left without an arc but by closed borders, or where nobody
    offers the class: those patients are unmet.

    Args:
        wanted: zone_id, class_id for which demand is expected.
        offers: institution_id, class_id, from ``offer.offers``.
        usual: zone_id, institution_id, class_id | usual, from ``offer.usual``.
        zone: clean.zone, completed.
        institution: clean.institution, completed.
        travel: clean.travel; goes before great circle × circuity.
        assumptions: classes' max_km and nearest, circuity, close_borders.

    Returns:
        results.allocation_arc.
    """
    habits = usual.join(wanted, on=PLACE, how="semi").select(ARC)
    reach = _reachable(wanted, offers, zone, institution, travel, assumptions)
    near = pl.concat([habits, reach]).unique()
    left = wanted.join(near, on=PLACE, how="anti")
    pairs = pl.concat([near, _somewhere(left, offers, zone, institution)])
    measured = distances(pairs, zone, institution, travel, assumptions.circuity)
    if assumptions.close_borders:
        measured = measured.filter(pl.col("region_id") == pl.col("to_region_id"))
    ranked = _ranked(measured.join(usual, on=ARC, how="left"))
    chosen = ranked.join(_limits(assumptions), on="class_id", how="left").filter(
        (pl.col("usual") > 0)
        | (pl.col("rank") == 1)
        | ((pl.col("rank") <= pl.col("nearest")) & (pl.col("km") <= pl.col("max_km")))
    )
    return conform(AllocationArc, _renormalised(chosen))


def distances(
    pairs: pl.DataFrame,
    zone: pl.DataFrame,
    institution: pl.DataFrame,
    travel: pl.DataFrame,
    circuity: float,
) -> pl.DataFrame:
    """Distance of every pair: as travel gives it, else great circle × circuity, else unknown.

    Args:
        pairs: zone_id, institution_id and more.
        zone: clean.zone.
        institution: clean.institution.
        travel: clean.travel.
        circuity: road km by km of great circle.

    Returns:
        ``pairs`` with km (null if unknown, to the metre), region_id and to_region_id.
    """
    road = travel.select(zone_id="from_id", institution_id="to_id", road="km")
    return (
        pairs.join(zone.select("zone_id", "region_id", "latitude", "longitude"), on="zone_id")
        .join(_targets(institution), on="institution_id")
        .join(road, on=["zone_id", "institution_id"], how="left")
        .with_columns(km=pl.coalesce("road", great_circle_km() * circuity).round(3))
        .drop("road", "latitude", "longitude", "to_latitude", "to_longitude")
    )


def _targets(institution: pl.DataFrame) -> pl.DataFrame:
    return institution.select(
        "institution_id",
        to_region_id="region_id",
        to_latitude="latitude",
        to_longitude="longitude",
    )


def _reachable(
    wanted: pl.DataFrame,
    offers: pl.DataFrame,
    zone: pl.DataFrame,
    institution: pl.DataFrame,
    travel: pl.DataFrame,
    assumptions: AllocationAssumptions,
) -> pl.DataFrame:
    """Candidates by class: the nearest by great circle, and all that travel names."""
    road = travel.select(zone_id="from_id", institution_id="to_id")
    find = nearest_in_region if assumptions.close_borders else nearest
    found = [wanted.join(road, on="zone_id").join(offers, on=["institution_id", "class_id"])]
    for class_id, limits in sorted(assumptions.classes.items()):
        zones = zone.join(wanted.filter(class_id=class_id), on="zone_id", how="semi")
        targets = institution.join(
            offers.filter(class_id=class_id), on="institution_id", how="semi"
        )
        pairs = find(
            zones.rename({"zone_id": "place_id"}),
            targets.drop("zone_id").rename({"institution_id": "target_id"}),
            limits.nearest,
        )
        found.append(
            pairs.select(zone_id="place_id", institution_id="target_id", class_id=pl.lit(class_id))
        )
    return pl.concat([frame.select(ARC) for frame in found])


def _somewhere(
    left: pl.DataFrame, offers: pl.DataFrame, zone: pl.DataFrame, institution: pl.DataFrame
) -> pl.DataFrame:
    """One institution for each zone and class that distance gives none."""
    homes = institution.select("institution_id", "zone_id", "region_id")
    treats = offers.join(homes, on="institution_id").sort("institution_id")
    found = left.join(zone.select("zone_id", "region_id"), on="zone_id")
    choices = []
    for place in ("zone_id", "region_id", None):
        by = ["class_id", place] if place else ["class_id"]
        choice = f"choice_{place}"
        first = treats.unique(by, keep="first", maintain_order=True)
        found = found.join(
            first.select(*by, pl.col("institution_id").alias(choice)), on=by, how="left"
        )
        choices.append(choice)
    chosen = found.select("zone_id", "class_id", institution_id=pl.coalesce(choices))
    return chosen.drop_nulls("institution_id").select(ARC)


def _ranked(arcs: pl.DataFrame) -> pl.DataFrame:
    """Number a zone's institutions from the nearest; unknown distances come last, at 0 km."""
    rank = pl.int_range(1, pl.len() + 1).over(PLACE)
    return (
        arcs.sort(*PLACE, "km", "institution_id", nulls_last=True)
        .with_columns(rank=rank)
        .with_columns(pl.col("km", "usual").fill_null(0))
    )


def _limits(assumptions: AllocationAssumptions) -> pl.DataFrame:
    rows = [(c, a.max_km, a.nearest) for c, a in sorted(assumptions.classes.items())]
    schema = {"class_id": pl.String, "max_km": pl.Float64, "nearest": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _renormalised(arcs: pl.DataFrame) -> pl.DataFrame:
    """Usual shares that sum to 1; the nearest takes all where no usual arc remains."""
    habit = (pl.col("usual") > 0).any().over(PLACE)
    first = (pl.col("rank") == 1).cast(pl.Float64)
    weights = arcs.with_columns(weight=pl.when(habit).then("usual").otherwise(first))
    return weights.select(*ARC, "km").join(shares(weights), on=ARC)


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
