from datetime import datetime, timedelta

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from schemas.clean import Encounter
from schemas.table import conform
from transforms.quality.clean import long_stays, overlapping_stays

START = datetime(2026, 1, 1)


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
