import polars as pl

from schemas import ops
from schemas.table import empty
from transforms.quality.clean import stays_of_unknown_class, unknown_code
from transforms.quality.findings import alerts, quality

DEFINED = pl.DataFrame({"resource_id": ["general_bed", "icu_bed"]})


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
