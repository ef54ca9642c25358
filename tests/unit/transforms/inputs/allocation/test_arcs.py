import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from schemas.assumptions.allocation import AllocationAssumptions
from schemas.clean import Institution, Travel, Zone
from schemas.results.allocation import AllocationArc
from schemas.table import check, conform
from transforms.inputs.allocation.arcs import allocation_arc

KM = 6371.0088 * 3.141592653589793 / 180
PLACE = {"latitude": pl.Float64, "longitude": pl.Float64}


def assume(
    nearest: int = 2, max_km: float = 1000, circuity: float = 1, close_borders: bool = False
) -> AllocationAssumptions:
    limits = {"max_km": max_km, "nearest": nearest, "elsewhere_limit": 1, "cost_km": 1}
    return AllocationAssumptions(
        classes={"icu": limits}, resources={}, circuity=circuity, close_borders=close_borders
    )


def zones(**east: float | None) -> pl.DataFrame:
    """Zones on the equator, at degrees east; z1_S is zone z1_S in region S, others are in R."""
    rows = [
        (z, "S" if z.endswith("_S") else "R", None if e is None else 0.0, e)
        for z, e in east.items()
    ]
    schema = {"zone_id": pl.String, "region_id": pl.String, **PLACE}
    return conform(Zone, pl.DataFrame(rows, orient="row", schema=schema))


def hospitals(**east: float | None) -> pl.DataFrame:
    rows = [
        (i, "z", "S" if i.endswith("_S") else "R", None if e is None else 0.0, e)
        for i, e in east.items()
    ]
    schema = {"institution_id": pl.String, "zone_id": pl.String, "region_id": pl.String, **PLACE}
    return conform(Institution, pl.DataFrame(rows, orient="row", schema=schema))


def habits(*rows: tuple[str, str, float]) -> pl.DataFrame:
    return pl.DataFrame(
        [(z, i, "icu", u) for z, i, u in rows],
        orient="row",
        schema={
            "zone_id": pl.String,
            "institution_id": pl.String,
            "class_id": pl.String,
            "usual": pl.Float64,
        },
    )


def roads(*rows: tuple[str, str, float]) -> pl.DataFrame:
    schema = {"from_id": pl.String, "to_id": pl.String, "km": pl.Float64}
    return conform(Travel, pl.DataFrame(rows, orient="row", schema=schema))


def arcs(zone, institution, usual=None, travel=None, assumptions=None, offered=None) -> list[tuple]:
    names = offered or institution["institution_id"].to_list()
    found = allocation_arc(
        zone.select("zone_id", class_id=pl.lit("icu")),
        pl.DataFrame({"institution_id": names, "class_id": "icu"}),
        habits() if usual is None else usual,
        zone,
        institution,
        roads() if travel is None else travel,
        assumptions or assume(),
    )
    return check(AllocationArc, found).select("zone_id", "institution_id", "km", "usual").rows()


def test_the_nearest_are_in_reach_and_the_nearest_one_is_usual():
    found = arcs(zones(z=0), hospitals(a=3, b=1, c=2))
    assert found == [
        ("z", "b", pytest.approx(KM, abs=1e-3), 1.0),
        ("z", "c", pytest.approx(2 * KM, abs=1e-3), 0.0),
    ]


def test_usual_ones_stay_however_far_and_many():
    usual = habits(("z", "a", 0.5), ("z", "d", 0.5))
    found = arcs(zones(z=0), hospitals(a=30, b=1, c=2, d=40), usual, assumptions=assume(2, 150))
    assert [(i, u) for _, i, _, u in found] == [("a", 0.5), ("b", 0.0), ("d", 0.5)]


def test_only_those_within_reach_but_at_least_the_nearest():
    assert [
        row[1] for row in arcs(zones(z=0), hospitals(a=1, b=5), assumptions=assume(2, 200))
    ] == ["a"]
    assert [
        row[1] for row in arcs(zones(z=0), hospitals(a=4, b=5), assumptions=assume(2, 200))
    ] == ["a"]


def test_only_those_that_offer_the_class():
    assert [row[1] for row in arcs(zones(z=0), hospitals(a=1, b=2), offered=["b"])] == ["b"]


def test_roads_are_longer_than_great_circles():
    assert arcs(zones(z=0), hospitals(a=1), assumptions=assume(circuity=1.5))[0][
        2
    ] == pytest.approx(1.5 * KM, abs=1e-3)


def test_travel_goes_before_great_circles_and_decides_who_is_near():
    travel = roads(("z", "a", 500.0), ("z", "d", 7.0), ("z", "x", 1.0))
    found = arcs(zones(z=0), hospitals(a=1, b=2, c=3, d=50), travel=travel)
    assert [row[1:] for row in found] == [
        ("b", pytest.approx(2 * KM, abs=1e-3), 0.0),
        ("d", 7.0, 1.0),
    ]


def test_open_borders_are_crossed_by_the_nearest():
    found = arcs(zones(z=0), hospitals(a=3, b_S=1), assumptions=assume(1))
    assert [row[1] for row in found] == ["b_S"]


def test_closed_borders_drop_arcs_and_renormalise_habits():
    usual = habits(("z", "a", 0.2), ("z", "b_S", 0.5), ("z", "c", 0.3))
    found = arcs(
        zones(z=0),
        hospitals(a=3, b_S=0, c=9, d_S=1),
        usual,
        assumptions=assume(1, close_borders=True),
    )
    assert [(i, pytest.approx(u)) for _, i, _, u in found] == [("a", 0.4), ("c", 0.6)]


def test_behind_closed_borders_the_nearest_inside_replaces_habits_outside():
    found = arcs(
        zones(z=0, y_S=0),
        hospitals(a=3, b_S=9),
        habits(("z", "b_S", 1.0)),
        assumptions=assume(close_borders=True),
    )
    assert [(z, i, u) for z, i, _, u in found] == [("y_S", "b_S", 1.0), ("z", "a", 1.0)]


def test_a_region_without_institutions_has_no_arcs_when_closed():
    assert arcs(zones(z_S=0), hospitals(a=1), assumptions=assume(close_borders=True)) == []


def test_a_place_unknown_has_only_its_usual_arcs_at_no_distance():
    usual = habits(("z", "b", 1.0), ("y", "c", 1.0))
    found = arcs(zones(z=None, y=0), hospitals(a=1, b=2, c=None), usual, assumptions=assume(1))
    assert found == [
        ("y", "a", pytest.approx(KM, abs=1e-3), 0.0),
        ("y", "c", 0.0, 1.0),
        ("z", "b", 0.0, 1.0),
    ]


def test_a_zone_that_distance_gives_nobody_is_served_at_home_else_in_its_region_else_anywhere():
    lost = zones(z=None, y=None, x_S=None)
    hospital = hospitals(a=1, b=2).with_columns(zone_id=pl.Series(["y", "z"]))
    assert [row[:2] for row in arcs(lost, hospital)] == [("x_S", "a"), ("y", "a"), ("z", "b")]
    assert [row[:2] for row in arcs(lost, hospital, offered=["b"])] == [
        ("x_S", "b"),
        ("y", "b"),
        ("z", "b"),
    ]
    closed = assume(close_borders=True)
    assert [row[:2] for row in arcs(lost, hospital, assumptions=closed)] == [("y", "a"), ("z", "b")]


def test_where_no_institution_has_a_place_a_zone_is_served_all_the_same():
    assert arcs(zones(z=0), hospitals(a=None, b=None)) == [("z", "a", 0.0, 1.0)]


def test_of_institutions_equally_near_the_first_counts():
    same = {f"i{n:02}": 1 for n in range(6)}
    assert [row[1] for row in arcs(zones(z=0), hospitals(**same))] == ["i00", "i01"]


east = st.integers(0, 40)


@settings(max_examples=40)
@given(
    st.lists(east, min_size=1, max_size=4),
    st.lists(east, min_size=1, max_size=8),
    st.integers(1, 3),
    st.booleans(),
    st.randoms(use_true_random=False),
)
def test_usual_sums_to_one_and_row_order_does_not_matter(heres, theres, nearest, closed, random):
    zone = zones(**{f"z{n}{'_S' * (n % 2)}": e for n, e in enumerate(heres)})
    hospital = hospitals(**{f"i{n}{'_S' * (n % 2)}": e for n, e in enumerate(theres)})
    usual = habits(*((z, hospital["institution_id"][0], 1.0) for z in zone["zone_id"][:2]))
    assumptions = assume(nearest, 2000, close_borders=closed)

    def solve(order: list[int]) -> pl.DataFrame:
        rows = arcs(zone[::-1], hospital[order], usual, assumptions=assumptions)
        return pl.DataFrame(rows, orient="row", schema=["zone", "institution", "km", "usual"])

    found = solve(list(range(hospital.height)))
    assert_frame_equal(found, solve(random.sample(range(hospital.height), hospital.height)))
    sums = found.group_by("zone").agg(pl.col("usual").sum(), pl.len())
    assert (sums["usual"] - 1).abs().max() in (None, 0) or (sums["usual"] - 1).abs().max() < 1e-12
    reached = set(hospital["region_id"])
    expected = {
        z for z, r in zone.select("zone_id", "region_id").rows() if not closed or r in reached
    }
    assert set(sums["zone"]) == expected
