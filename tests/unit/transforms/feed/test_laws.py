"""Laws that hold for any file: rows add up, order does not matter, nothing is invented."""

import random

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.errors import DeliveryRejected
from transforms.feed import apply

TOML = """
[null]
"*" = { reason = "withheld", low = 0, high = 4, columns = ["beds", "used"] }
[source]
text = ["id", "kind"]
date = { day = "%Y-%m-%d" }
number = ["beds", "used"]
key = ["id", "day"]
pad = { id = 3 }
[institution]
column = "id"
unknown = "UNKNOWN"
[[table]]
name = "capacity"
where = "beds is null or beds < 90"
columns.institution_id = "id"
columns.resource_id = "'bed'"
columns.date = "day"
columns.period_days = "1"
columns.in_service = "beds"
columns.in_use = "beds - used"
[[table]]
name = "zone"
columns = { zone_id = "kind" }
[[table]]
name = "region"
columns = { region_id = "id", name = "kind" }
group = { name = "first" }
"""
CELLS = {
    "id": st.sampled_from(["001", "2", "003", "9", "", None]),
    "kind": st.sampled_from(["a", "b", "test", None]),
    "day": st.sampled_from(["2026-02-01", "2026-02-02", "2027-01-01", "x", ""]),
    "beds": st.sampled_from(["10", "5.5", "95", "*", "", "-3", "many", "inf"]),
    "used": st.sampled_from(["4", "0", "*", "", "11", "-1"]),
}
FILES = st.lists(st.fixed_dictionaries(CELLS), min_size=1, max_size=12)


def run(feed, rows):
    """The outcome, or the words of the refusal."""
    schema = dict.fromkeys(CELLS, pl.String)
    text = pl.DataFrame(rows, schema=schema).with_row_index("row_number", 1)
    try:
        return apply(feed, text, frozenset({"001", "002", "003"}), None)
    except DeliveryRejected as refused:
        return str(refused)


@settings(max_examples=30)
@given(
    FILES, st.sampled_from(["create", "exclude", "quarantine"]), st.randoms(use_true_random=False)
)
def test_every_row_is_counted_once_and_order_does_not_matter(feed_of, rows, unknown, chance):
    feed = feed_of(TOML.replace("UNKNOWN", unknown), top="where = \"kind <> 'test'\"\n")
    shuffled = random.Random(chance.random()).sample(rows, len(rows))
    outcome, again = run(feed, rows), run(feed, shuffled)
    if isinstance(outcome, str) or isinstance(again, str):
        assert outcome == again
        return
    assert outcome.counts == again.counts
    assert outcome.counts.balances()
    for name in ("capacity", "zone"):
        assert outcome.tables[name].equals(again.tables[name]), name
    assert_nothing_is_invented(outcome.tables["capacity"], rows)


def assert_nothing_is_invented(capacity, rows):
    sent = {
        (str(r["id"]).zfill(3), r["day"], float(r["beds"]))
        for r in rows
        if r["kind"] != "test" and r["beds"] in ("10", "5.5", "95")
    }
    for row in capacity.to_dicts():
        key = (row["institution_id"], str(row["date"]))
        assert row["in_service"] is None or (*key, row["in_service"]) in sent
        assert (row["in_service"] is None) == (row["in_service_reason"] is not None)
        assert (row["in_use"] is None) == (row["in_use_reason"] is not None)
        if row["in_use_low"] is not None:
            assert 0 <= row["in_use_low"] <= row["in_use_high"]
