from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.clean import Institution
from schemas.errors import InputRefused
from schemas.table import conform
from transforms.inputs.allocation.offer import offers, patients_today, refuse_unseen, shares, usual

USE = pl.DataFrame(
    {"class_id": ["icu", "icu"], "resource_id": ["bed", "nurse"], "units": [1.0, 0.5]}
)
BED = USE.head(1)
STAY = {
    "institution_id": pl.String,
    "zone_id": pl.String,
    "class_id": pl.String,
    "admitted": pl.Date,
    "days": pl.Int64,
    "open": pl.Boolean,
}
INSTITUTIONS = conform(
    Institution,
    pl.DataFrame(
        {"institution_id": ["a", "b", "c"], "zone_id": ["z1", "z1", "z2"], "region_id": "R"}
    ),
)


def units(*rows: tuple[str, str, float, float]) -> pl.DataFrame:
    return pl.DataFrame(
        rows, orient="row", schema=["institution_id", "resource_id", "service", "use"]
    )


def stays(*rows: tuple[str, str, str, bool]) -> pl.DataFrame:
    full = [(*row[:3], date(2026, 1, 1), 3, row[3]) for row in rows]
    return pl.DataFrame(full, orient="row", schema=STAY)


def patients(*rows: tuple[str, float]) -> pl.DataFrame:
    return pl.DataFrame(
        [(i, "icu", n) for i, n in rows],
        orient="row",
        schema={"institution_id": pl.String, "class_id": pl.String, "patients": pl.Float64},
    )


EQUIPPED = units(("a", "bed", 9.0, 4.0), ("a", "nurse", 3.0, 2.0), ("b", "bed", 5.0, 0.0))


def test_a_class_of_which_nothing_tells_is_refused():
    shared = pl.DataFrame({"class_id": ["icu", "ward"], "resource_id": "bed", "units": 1.0})
    nothing = BED.clear()
    seen = stays(("a", "z1", "icu", False))
    refuse_unseen(shared, BED.with_columns(class_id=pl.lit("ward")), seen)
    with pytest.raises(InputRefused, match="how many patients of ward there are"):
        refuse_unseen(shared, nothing, seen)


def test_patients_are_counted_from_open_stays_where_encounters_are_sent():
    known = stays(("a", "z1", "icu", True), ("a", "z2", "icu", True), ("a", "z1", "icu", False))
    assert patients_today(EQUIPPED, BED, known).rows() == [("a", "icu", 2.0)]


def test_patients_are_the_units_in_use_where_no_encounters_are_sent():
    other = stays(("a", "z1", "ward", True))
    assert patients_today(EQUIPPED, BED, other).rows() == [("a", "icu", 4.0), ("a", "ward", 1.0)]


def test_patients_of_institutions_that_take_no_part_do_not_count():
    assert patients_today(EQUIPPED, BED, stays(("x", "z1", "icu", True))).is_empty()


def test_a_class_is_offered_where_all_it_uses_is_in_service():
    no_nurse = pl.concat([EQUIPPED, units(("b", "nurse", 0.0, 0.0))])
    assert offers(no_nurse, USE, patients(), stays()).rows() == [("a", "icu")]


def test_a_class_is_offered_where_such_patients_are_or_were():
    bare = units(("a", "bed", 0.0, 1.0), ("b", "bed", 0.0, 0.0), ("b", "nurse", 0.0, 0.0))
    past = stays(("b", "z1", "icu", False), ("x", "z1", "icu", False))
    found = offers(bare, USE, patients(("a", 1.0)), past)
    assert found.rows() == [("a", "icu"), ("b", "icu")]


OFFERED = pl.DataFrame({"institution_id": ["a", "b", "c"], "class_id": "icu"})


def test_usual_is_where_the_zones_patients_went():
    past = stays(
        ("a", "z1", "icu", False),
        ("a", "z1", "icu", False),
        ("a", "z1", "icu", True),
        ("c", "z1", "icu", False),
        ("gone", "z1", "icu", False),
    )
    found = usual(OFFERED, patients(("b", 9.0)), past, INSTITUTIONS)
    assert found.rows() == [("z1", "a", "icu", 0.75), ("z1", "c", "icu", 0.25)]


def test_without_stays_usual_is_the_share_of_the_zones_patients():
    found = usual(OFFERED, patients(("a", 1.0), ("b", 3.0), ("c", 2.0)), stays(), INSTITUTIONS)
    assert found.rows() == [
        ("z1", "a", "icu", 0.25),
        ("z1", "b", "icu", 0.75),
        ("z2", "c", "icu", 1.0),
    ]


def test_shares_are_of_weights_to_nine_decimals_by_zone_and_class():
    places = {"zone_id": ["z", "z", "y"], "class_id": "icu", "institution_id": ["a", "b", "a"]}
    found = shares(pl.DataFrame({**places, "weight": [1 / 3, 2.0, 5.0]})).sort("zone_id", "usual")
    assert found["usual"].to_list() == [1.0, 0.333333333 / 2.333333333, 2 / 2.333333333]


@given(st.lists(st.floats(1e-3, 1e6), min_size=1, max_size=40))
def test_shares_sum_to_one(weights):
    frame = pl.DataFrame(
        {
            "zone_id": "z",
            "class_id": "icu",
            "institution_id": [f"i{n}" for n in range(len(weights))],
            "weight": weights,
        }
    )
    found = shares(frame)["usual"]
    assert found.sum() == pytest.approx(1, abs=1e-12)
    assert found.is_between(0, 1).all()
