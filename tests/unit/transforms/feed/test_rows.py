"""Every source row ends in exactly one state, and the fault says where."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import DeliveryRejected
from schemas.events import Occurrence
from transforms.feed import apply
from transforms.feed.faults import faults_of
from transforms.feed.rows import sharing_a_key

STAYS = """
[source]
text = ["id", "kind", "patient", "hospital", "class"]
datetime = { "(in|out)" = "%Y-%m-%d %H:%M" }
key = ["id"]
[institution]
column = "hospital"
[[table]]
name = "encounter"
[table.columns]
encounter_id = "id"
patient_key = "patient"
institution_id = "hospital"
class_id = "class"
admitted_at = '"in"'
discharged_at = "out"
"""


def stays(*rows):
    """Columns of stays from (id, hospital, in, out), the rest filled in."""
    ids, hospitals, ins, outs = zip(*rows, strict=True)
    same = {"kind": ["stay"] * len(rows), "class": ["c"] * len(rows)}
    patients = {"patient": [f"p{i}" for i in range(len(rows))]}
    return {"id": ids, "hospital": hospitals, "in": ins, "out": outs, **same, **patients}


GOOD = ("1", "H1", "2026-02-01 10:00", "2026-02-03 09:00")


def test_local_time_becomes_utc(feed_of, applied):
    table = applied(feed_of(STAYS), stays(GOOD)).tables["encounter"]
    assert str(table["admitted_at"][0]) == "2026-02-01 09:00:00"
    assert table["discharged_at"].dtype == pl.Datetime("us")


@pytest.mark.parametrize(
    ("row", "column", "rule"),
    [
        (("", "H1", "2026-02-01 10:00", ""), "id", "key_missing"),
        (("Total", "H1", "2026-02-01 10:00", ""), "id", "total_row"),
        (("2", "", "2026-02-01 10:00", ""), "hospital", "institution_missing"),
        (("2", "H9", "2026-02-01 10:00", ""), "hospital", "unknown_institution"),
        (("2", "H1", "", ""), "in", "required_missing"),
        (("2", "H1", "03/04/2026", ""), "in", "unreadable"),
        (("2", "H1", "2026-02-30 10:00", ""), "in", "unreadable"),
        (("2", "H1", "2026-02-01 24:00", ""), "in", "unreadable"),
        (("2", "H1", "2025-03-30 02:30", ""), "in", "clock_change"),
        (("2", "H1", "2025-10-26 02:30", ""), "in", "clock_change"),
        (("2", "H1", "2026-02-01 10:00", "2026-01-31 10:00"), "out", "discharge_before_admission"),
        (("2", "H1", "2026-02-11 00:01", ""), "in", "in_future"),
    ],
)
def test_a_fault_in_key_or_identity_removes_the_row(feed_of, applied, row, column, rule):
    outcome = applied(feed_of(STAYS), stays(GOOD, row), known=frozenset({"H1"}))
    assert (2, column, rule, "row") in outcome.quarantine.rows()
    assert outcome.tables["encounter"]["encounter_id"].to_list() == ["1"]
    assert (outcome.counts.loaded, outcome.counts.quarantined) == (1, 1)


@pytest.mark.parametrize(
    ("id_", "rule"),
    [
        ("Total:", "total_row"),
        ("TOTAL PROVINCIA", "total_row"),
        ("Suma total", "total_row"),
        ("Gesamt:", "total_row"),
        ("Total de la región", "total_row"),
        ("* Grand total *", "total_row"),
        ("H\u200b1", "invisible_character"),
        ("\u202eH1", "invisible_character"),
        ("H\u00ad1", "invisible_character"),
        ("H\t1", "invisible_character"),
        ("H\u00a01", "invisible_character"),
        ("Totalán", None),
        ("Total Care", None),
        ("Ensemble Saint-Jean", None),
        ("Sumatra 1", None),
        ("Hôpital Nord", None),
    ],
)
@pytest.mark.parametrize("column", ["id", "hospital"])
@pytest.mark.parametrize("unknown", ["create", "exclude", "quarantine"])
def test_totals_and_ids_that_only_look_alike_are_kept_aside(
    feed_of, applied, column, unknown, id_, rule
):
    own = f'column = "hospital"\nunknown = "{unknown}"'
    rows = {**stays(GOOD, ("2", *GOOD[1:])), column: [GOOD[0] if column == "id" else "H1", id_]}
    known = frozenset({"H1"} if rule else {"H1", id_})
    outcome = applied(feed_of(STAYS.replace('column = "hospital"', own)), rows, known=known)
    found = {r[1:3] for r in outcome.quarantine.rows() if r[2] != "unknown_institution"}
    assert found == ({(column, rule)} if rule else set())
    assert outcome.counts.loaded == (1 if rule else 2)


def test_an_admission_on_the_day_of_the_extract_is_not_in_the_future(feed_of, applied):
    outcome = applied(feed_of(STAYS), stays(("2", "H1", "2026-02-10 23:59", "")))
    assert outcome.counts.loaded == 1


@pytest.mark.parametrize(
    ("out", "rule"),
    [
        ("x", "unreadable"),
        ("2026-02-30 10:00", "unreadable"),
        ("2025-10-26 24:00", "unreadable"),
        ("2025-10-26 02:30", "clock_change"),
        ("2025-03-30 02:30", "clock_change"),
        ("2026-02-12 00:00", "in_future"),
    ],
)
def test_a_fault_in_a_value_nulls_the_cell(feed_of, applied, out, rule):
    outcome = applied(feed_of(STAYS), stays(GOOD, ("2", "H1", "2025-02-01 10:00", out)))
    assert outcome.tables["encounter"]["discharged_at"].is_null().to_list() == [False, True]
    assert outcome.quarantine.rows() == [(2, "out", rule, "cell")]
    assert (outcome.counts.loaded, outcome.counts.cells_nulled) == (2, 1)


def test_the_same_row_twice_is_a_duplicate(feed_of, applied):
    rows = stays(GOOD, GOOD, GOOD)
    rows["patient"] = ["p"] * 3
    outcome = applied(feed_of(STAYS), rows)
    assert (outcome.counts.loaded, outcome.counts.duplicate) == (1, 2)
    assert outcome.quarantine.is_empty()


def test_one_key_with_two_contents_is_quarantined_whole(feed_of, applied):
    other = ("1", "H2", *GOOD[2:])
    outcome = applied(feed_of(STAYS), stays(GOOD, GOOD, other, ("2", *GOOD[1:])))
    assert [(r[0], r[2]) for r in outcome.quarantine.rows()] == [
        (1, "key_repeated"),
        (2, "key_repeated"),
        (3, "key_repeated"),
    ]
    assert outcome.counts.loaded == 1


def test_rows_that_the_filter_leaves_out_are_excluded_faults_and_all(feed_of, applied):
    feed = feed_of(STAYS, top="where = \"kind = 'stay'\"\n")
    rows = stays(GOOD, ("", "H1", "no", "no"), ("3", "H1", "no", ""))
    rows["kind"] = ["stay", "test", None]
    outcome = applied(feed, rows)
    assert (outcome.counts.loaded, outcome.counts.excluded) == (1, 2)
    assert outcome.quarantine.is_empty()


@pytest.mark.parametrize(
    ("unknown", "state"), [("exclude", "excluded"), ("quarantine", "quarantined")]
)
def test_an_unknown_institution_is_what_the_feed_says(feed_of, applied, unknown, state):
    feed = feed_of(
        STAYS.replace('column = "hospital"', f'column = "hospital"\nunknown = "{unknown}"')
    )
    outcome = applied(feed, stays(GOOD, ("2", "H2", *GOOD[2:])), known=frozenset({"H1"}))
    assert getattr(outcome.counts, state) == 1
    assert outcome.institutions_created == []


def test_a_feed_may_create_institutions(feed_of, applied):
    feed = feed_of(STAYS.replace('column = "hospital"', 'column = "hospital"\nunknown = "create"'))
    rows = stays(GOOD, ("2", "H2", *GOOD[2:]), ("3", "H3", "", ""))
    outcome = applied(feed, rows, known=frozenset({"H1"}))
    assert outcome.institutions_created == ["H2"]


def test_a_file_in_which_every_row_is_at_fault_is_rejected(feed_of, applied):
    rows = stays(*((str(i), "H9", *GOOD[2:]) for i in range(3)))
    with pytest.raises(DeliveryRejected, match="all 3 rows are at fault .unknown_institution."):
        applied(feed_of(STAYS), rows, known=frozenset({"H1"}))


def test_rows_that_could_not_be_read_are_counted(feed_of):
    text = pl.DataFrame(stays(GOOD)).with_row_index("row_number", 2)
    unread = faults_of(
        pl.DataFrame({"row_number": [1]}), "(the row)", "wrong_number_of_fields", "row"
    )
    outcome = apply(feed_of(STAYS), text, None, None, unread)
    assert (outcome.counts.rows_read, outcome.counts.loaded, outcome.counts.quarantined) == (
        2,
        1,
        1,
    )
    assert outcome.quarantine.equals(unread)


def test_a_text_is_used_up_only_if_its_owner_says_so(feed_of):
    faulty = [GOOD, ("2", "H9", *GOOD[2:]), ("3", "H1", GOOD[3], GOOD[2])]
    text = pl.DataFrame(stays(*faulty)).with_row_index("row_number", 1)
    before = text.clone()
    kept = apply(feed_of(STAYS), text, frozenset({"H1"}), None)
    assert text.equals(before)
    used = apply(feed_of(STAYS), text, frozenset({"H1"}), None, use_up=True)
    assert text.width == 0
    assert used.counts == kept.counts
    assert kept.counts.quarantined == 2
    assert used.quarantine.equals(kept.quarantine)
    assert used.tables["encounter"].equals(kept.tables["encounter"])


def test_long_stays_are_loaded_with_a_warning(feed_of, applied):
    outcome = applied(feed_of(STAYS), stays(("1", "H1", "2023-01-01 00:00", "2026-02-01 00:00")))
    assert outcome.occurrences == [Occurrence("long_stays_sent", count=1, total=730)]


def test_a_column_that_is_all_empty_is_said(feed_of, applied):
    outcome = applied(feed_of(STAYS), stays(*((str(i), *GOOD[1:3], "") for i in range(3))))
    assert Occurrence("column_empty", "out") in outcome.occurrences


def test_a_column_none_of_whose_cells_can_be_read_rejects_the_file(feed_of, applied):
    rows = stays(*((str(i), "H1", "2026-02-01 10:00", "03.02.2026") for i in range(3)))
    with pytest.raises(DeliveryRejected) as refusal:
        applied(feed_of(STAYS), rows)
    assert "none of the 3 cells of out can be read" in str(refusal.value)
    assert "03.02" not in str(refusal.value)


def test_no_error_carries_a_value_of_the_file(feed_of, applied):
    feed = feed_of(STAYS.replace('class_id = "class"', 'class_id = "patient - 1"'))
    with pytest.raises(DeliveryRejected) as refusal:
        applied(feed, {**stays(GOOD), "patient": ["CANARY-4711"]})
    error = refusal.value
    assert "CANARY" not in str(error)
    assert error.__cause__ is None
    assert error.__context__ is None


@given(st.lists(st.tuples(st.sampled_from([None, "a", "b", "c"]), st.integers(0, 1)), max_size=9))
def test_copies_and_clashes_are_the_same_in_any_order_of_keys(rows):
    ordered = sorted(rows, key=lambda row: (row[0] is not None, row[0] or ""))
    for told in (rows, ordered):
        copies, faults = shared(told)
        versions = {key: {content for k, content in told if k == key} for key, _ in told}
        first = [key not in {k for k, _ in told[:i]} for i, (key, _) in enumerate(told)]
        clashing = {i for i, (key, _) in enumerate(told) if len(versions[key]) > 1}
        assert faults == clashing
        assert copies == {i for i in range(len(told)) if not first[i]} - clashing


def shared(rows):
    """Row numbers of copies, and of rows that share a key and differ."""
    columns = {"row_number": pl.Int64, "key": pl.String, "content": pl.Int64}
    frame = pl.DataFrame([(i, *row) for i, row in enumerate(rows)], schema=columns, orient="row")
    copies, faults = sharing_a_key(frame, frame, ["key"])
    return set(copies["row_number"]), set(faults["row_number"])
