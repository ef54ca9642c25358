from datetime import datetime, timedelta

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from schemas import clean, ops
from schemas.clean import Encounter
from schemas.table import conform, empty
from transforms.quality.clean import (
    forecast_of_unknown_place,
    long_stays,
    overlapping_stays,
    population_unknown,
    stays_of_unknown_class,
    unknown_code,
)
from transforms.quality.findings import alerts, quality

START = datetime(2026, 1, 1)
DEFINED = pl.DataFrame({"resource_id": ["general_bed", "icu_bed"]})


def stays(*rows: tuple[str, str, float, float | None]) -> pl.DataFrame:
    """Stays of patient, institution, first and last day; no last day: still open."""
    frame = pl.DataFrame(
        {
            "encounter_id": [f"e{n}" for n in range(len(rows))],
            "patient_key": [p for p, _, _, _ in rows],
            "institution_id": [i for _, i, _, _ in rows],
            "class_id": ["c"] * len(rows),
            "admitted_at": [START + timedelta(days=first) for _, _, first, _ in rows],
            "discharged_at": [
                None if last is None else START + timedelta(days=last) for *_, last in rows
            ],
        },
        schema_overrides={"discharged_at": pl.Datetime("us"), "admitted_at": pl.Datetime("us")},
    )
    return conform(Encounter, frame)


def test_the_institution_of_the_later_stay_is_named():
    found = overlapping_stays(stays(("p", "a", 0, 5), ("p", "b", 4, 6), ("q", "c", 4, 6)))
    assert found.rows() == [("b", None)]


def test_a_transfer_at_the_same_moment_is_no_overlap():
    assert overlapping_stays(stays(("p", "a", 0, 5), ("p", "b", 5, 9))).is_empty()


def test_an_open_stay_overlaps_all_that_follow_and_a_long_one_outlives_a_short_one():
    assert overlapping_stays(stays(("p", "a", 0, None), ("p", "b", 9, 10))).height == 1
    found = overlapping_stays(stays(("p", "a", 0, 30), ("p", "b", 1, 2), ("p", "c", 20, 21)))
    assert found["subject"].to_list() == ["b", "c"]


def test_few_stays_are_not_counted_and_more_are_rounded():
    def many(count: int) -> pl.DataFrame:
        pairs = [((f"p{n}", "a", 0, 5), (f"p{n}", "b", 1, 2)) for n in range(count)]
        return overlapping_stays(stays(*(stay for pair in pairs for stay in pair)))

    assert many(10).rows() == [("b", None)]
    assert many(11).rows() == [("b", 10.0)]
    assert many(13).rows() == [("b", 15.0)]


def test_a_stay_is_long_after_two_years_and_an_open_one_once_others_came_later():
    rows = stays(
        ("p", "a", 0, 730), ("q", "b", 0, 730.5), ("r", "c", 0, None), ("s", "d", 731, None)
    )
    assert long_stays(rows)["subject"].to_list() == ["b", "c"]


@given(st.permutations(range(6)))
def test_the_order_of_rows_does_not_matter(order):
    rows = [("p", "ab"[n % 2], n, n + 1.5) for n in range(6)]
    expected = overlapping_stays(stays(*rows))
    assert overlapping_stays(stays(*(rows[n] for n in order))).equals(expected)


@given(
    st.lists(
        st.tuples(
            st.sampled_from("pqr"),
            st.sampled_from("ab"),
            st.integers(0, 20),
            st.one_of(st.none(), st.integers(0, 9)),
        ),
        max_size=12,
    )
)
def test_every_overlap_is_found_and_no_other(drawn):
    rows = [(p, i, first, None if days is None else first + days) for p, i, first, days in drawn]
    expected = set()
    for p, i, first, _ in rows:
        before = [r for r in rows if r[0] == p and r[2] < first]
        if any(end is None or end > first for *_, end in before):
            expected.add(i)
    found = set(overlapping_stays(stays(*rows))["subject"])
    together = {(p, first) for p, _, first, _ in rows}
    assert found >= expected
    if len(together) == len(rows):
        assert found == expected


def facts(*rows: tuple[str, str]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=["institution_id", "resource_id"], orient="row")


def test_a_code_that_differs_in_a_letter_is_named_with_who_sent_it_and_its_rows():
    sent = facts(
        *(("H1", "General_bed"), ("H1", "General_bed"), ("H2", "icu bed"), ("H3", "icu bed")),
        *(("H1", "general_bed"), ("H2", "icu_bed")),
    )
    assert unknown_code(sent, DEFINED, "resource_id").rows() == [
        ("General_bed (H1)", 2.0),
        ("icu bed (2 institutions)", 2.0),
    ]
    assert unknown_code(sent.tail(2), DEFINED, "resource_id").is_empty()


def test_a_place_of_a_forecast_that_nobody_knows_is_named_with_its_rows():
    rows = [("Z1", "all"), ("Z9", "all"), ("Z9", "all"), ("all", "H1"), ("all", "H9")]
    sent = pl.DataFrame(rows, schema=["zone_id", "institution_id"], orient="row")
    zones, places = pl.DataFrame({"zone_id": ["Z1"]}), pl.DataFrame({"institution_id": ["H1"]})
    assert forecast_of_unknown_place(sent, zones, places).rows() == [("H9", 1.0), ("Z9", 2.0)]


def test_it_raises_an_alert():
    found = unknown_code(facts(("H1", "General_bed")), DEFINED, "resource_id")
    nothing = empty(ops.Delivery), empty(ops.DeliveryEvent)
    (alert,) = alerts(quality("r/2026-02-10", [("unknown_resource", found)]), *nothing).to_dicts()
    assert (alert["subject"], alert["measured"]) == ("General_bed (H1)", 1.0)
    assert "defines no resource of this code" in alert["message"]


def test_stays_are_counted_as_people_are_and_their_class_is_not_shown():
    stays = pl.DataFrame(
        {"institution_id": ["a"] * 13 + ["b"] * 3, "class_id": ["unknown"] * 15 + ["general"]}
    )
    classes = pl.DataFrame({"class_id": ["general"]})
    assert stays_of_unknown_class(stays, classes).rows() == [("a", 15.0), ("b", None)]


def test_zones_of_the_region_with_unknown_people_are_counted_by_cells():
    """z2 is known, z3 is of no region, and z1's year before counts no more."""
    people = pl.DataFrame(
        [
            ("z1", 2025, "0-64", None),
            ("z1", 2025, "65+", None),
            ("z1", 2025, "90+", 5.0),
            ("z1", 2024, "0-64", None),
            ("z2", 2025, "0-64", 1.0),
            ("z3", 2025, "0-64", None),
            ("z0", 2025, "0-64", None),
        ],
        schema=["zone_id", "year", "age_band", "persons"],
        orient="row",
    ).with_columns(sex=pl.lit("all"))
    zones = pl.DataFrame({"zone_id": ["z0", "z1", "z2"]})
    found = population_unknown(conform(clean.Population, people), zones)
    assert found.rows() == [("z0", 1.0), ("z1", 2.0)]
