"""Records of someone forgotten, in text that is not as regular as it should be."""

from pathlib import Path

import pytest

from flows.protect.keys import Keys, pseudonym
from flows.protect.redact import Sought, redacted
from flows.protect.veil import INSTITUTION, PERSON, Forgotten
from flows.store.night import load_region
from schemas.errors import DeliveryRejected

CONFIG = Path(__file__).parents[4] / "config" / "demo.toml"
HEADER = (
    "encounter_id,record_type,patient_key,institution_id,zone_id,class_id,"
    "age_band,sex,payer_id,admitted_at,discharged_at\n"
)
TAIL = "Z1,general,65-74,F,self_pay,2026-02-01 10:00,2026-02-03 10:00\n"


def stay(person: str, stay: str = "S1", kind: str = "stay", place: str = "H1") -> str:
    return f"{stay},{kind},{person},{place},{TAIL}"


@pytest.fixture(scope="module")
def feed():
    return load_region(CONFIG).feed("canonical_encounter")


@pytest.fixture
def taken(tmp_path, feed):
    """Takes a code out of a text: what is left, and how many records went and hold it elsewhere."""
    keys = Keys(tmp_path / "keys")

    def take(text: str, code: str, kind: str = PERSON, *, now: bool = True, encoding="utf-8"):
        known = [Forgotten(kind, pseudonym(keys.active(), kind, code))]
        sought = Sought(code, not code.isdigit()) if now and kind == PERSON else None
        found = redacted(text.encode(encoding), feed, keys, known, sought)
        return found.content.decode(encoding), found.taken, found.elsewhere

    return take


@pytest.mark.parametrize("now", [True, False])
@pytest.mark.parametrize(
    "record",
    [
        stay("anna"),
        stay("  anna "),
        stay('"anna"'),
        stay("anna", kind="st\u2028ay"),
        stay("anna", kind="st\x85ay"),
        stay("anna", kind='"a ""note"", and\nmore"'),
        "S1,extra," + stay("anna"),
        "S1,stay,anna\n",
        stay("anna", kind='s"t"ay'),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_record_of_a_person_goes_whole_and_every_other_stays(taken, record, end, now):
    text = HEADER + stay("bert", kind="st\u2028ay") + record + stay('"carl"')
    text = text.replace("\n", end)
    left, rows, _ = taken(text, "anna", now=now)
    assert left == text.replace(record.replace("\n", end), "")
    assert rows == 1


def test_accents_are_compared_as_the_loader_composes_them(taken):
    text = HEADER + stay("Jos\u00e9") + stay("Jose\u0301") + stay("Jose")
    for now in (True, False):
        assert taken(text, "Jos\u00e9", now=now)[:2] == (HEADER + stay("Jose"), 2)


def test_a_code_is_found_in_any_field_while_its_person_is_being_forgotten(taken):
    beside = stay("bert", kind="anna")
    assert taken(HEADER + beside, "anna")[:2] == (HEADER, 1)
    assert taken(HEADER + beside, "anna", now=False)[:2] == (HEADER + beside, 0)


def test_digits_that_may_be_a_zone_are_not_a_person_there_and_are_told(taken):
    zone = stay("bert").replace("Z1", "10115")
    text = HEADER + zone + stay("10115") + "broken,10115\n"
    assert taken(text, "10115") == (HEADER + zone, 2, 1)


def test_digits_are_a_person_in_a_column_that_the_feed_does_not_know(taken):
    header = HEADER.replace("\n", ",mother\n")
    child, other = (stay(who).replace("\n", f",{of}\n") for who, of in (("bert", 77), ("c", 78)))
    assert taken(header + child + other, "77")[:2] == (header + other, 1)


def test_pieces_of_a_broken_record_go_with_it(taken):
    text = HEADER + "S1 is\nlong,stay,anna,H1\n" + stay("bert")
    assert taken(text, "anna")[:2] == (HEADER + stay("bert"), 2)


def test_an_institution_is_found_where_it_stands_and_nowhere_else(taken):
    text = HEADER + stay("a", place="H2") + stay("H2") + "broken,H2\n" + stay("b")
    assert taken(text, "H2", INSTITUTION)[:2] == (HEADER + stay("H2") + stay("b"), 2)


def test_who_is_in_a_file_with_an_open_quote_cannot_be_told(taken):
    with pytest.raises(DeliveryRejected):
        taken(HEADER + stay('"anna') + stay("bert"), "anna")
