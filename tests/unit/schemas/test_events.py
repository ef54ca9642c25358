"""The list of events: every code once, in two languages, with what to do and its facts."""

from string import Formatter

import pytest

from schemas.events import BY_CODE, EVENTS, Occurrence, reason, to_do, words

FACTS = set(Occurrence.__dataclass_fields__) - {"code"}


def test_every_code_stands_once_and_can_be_searched():
    assert len(BY_CODE) == len(EVENTS) > 120
    assert all(code.isidentifier() and code == code.lower() for code in BY_CODE)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.code)
def test_both_languages_are_made_of_the_same_facts(event):
    chinese = {fact for _, fact, _, _ in Formatter().parse(event.chinese) if fact}
    assert chinese == set(event.facts) <= FACTS
    assert event.english.isascii()
    assert any("\u4e00" <= letter <= "\u9fff" for letter in event.chinese)
    assert all(event.to_do)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.code)
def test_words_need_no_fact_that_is_withheld(event):
    for chinese, withheld in ((False, "(withheld)"), (True, "(不公布)")):
        said = words(event.code, {}, chinese)
        assert said.count(withheld) >= len(event.facts)
        assert "{" not in said


def test_a_fact_is_written_as_its_template_says():
    one = Occurrence("rows_removed", table_name="capacity", count=1204, share=0.333)
    assert one.words() == "it would remove up to 33% of the capacity rows of 1,204 institutions"
    assert one.words(chinese=True) == "将删除 1,204 家机构多达 33% 的 capacity 数据"
    assert one.facts() == {"table_name": "capacity", "count": 1204, "share": 0.333}


def test_a_rule_that_a_feed_names_is_said_by_its_name():
    assert words("beds_above_bed_days", {}) == "beds above bed days"
    assert "source" in to_do("beds_above_bed_days")


def test_a_verdict_is_explained_by_the_first_event_of_its_kind():
    told = [Occurrence("byte_order_mark"), Occurrence("late"), Occurrence("released")]
    assert reason("held", told) == "late"
    assert reason("loaded", told) is None
    assert reason("rejected", [Occurrence("earlier_version", private="x")]) == "earlier_version"
