"""The list of events: every code once, in two languages, with what to do and its facts."""

import ast
import re
from pathlib import Path
from string import Formatter

import pytest

from schemas.events import BY_CODE, EVENTS, Count, Occurrence, reason, to_do, words

ROOT = Path(__file__).parents[3]
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
    assert event.to_do.isascii() and event.to_do_chinese


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


@pytest.mark.parametrize(
    ("count", "total", "said"),
    [
        (1, 1, "ward: 1 row has 1 unknown code: x"),
        (1, 2, "ward: 1 row has 2 unknown codes: x"),
        (1204, 1, "ward: 1,204 rows have 1 unknown code: x"),
        (None, None, "ward: (withheld) rows have (withheld) unknown codes: x"),
    ],
)
def test_one_of_a_thing_is_said_in_the_singular(count, total, said):
    assert Occurrence("unknown_codes", "ward", None, count, total, private="x").words() == said


def test_a_noun_may_have_its_number_within_or_none():
    only = Occurrence("no_row_loadable", total=1, count=1)
    assert only.words() == "its only row cannot be loaded; 1 is at fault"
    some = Occurrence("no_row_loadable", total=3000, count=2)
    assert some.words() == "none of its 3,000 rows can be loaded; 2 are at fault"
    assert (
        f"{Count(1):cell|cells}, {Count(0):cell|cells}, {Count(1500):,}" == "1 cell, 0 cells, 1,500"
    )


def test_no_plural_follows_a_number_that_may_be_one():
    """It is counted with both nouns: {count:row|rows}. A factor is never 1."""
    plural = re.compile(r"\{(count|total):,\} (?!times)[a-z]+s\b")
    assert [event.code for event in EVENTS if plural.search(event.english)] == []


def test_a_template_names_its_facts():
    english, chinese = BY_CODE["rows_removed"].templates
    assert english.endswith("up to {share} of the {table_name} rows of {count} institutions")
    assert chinese == "将删除 {count} 家机构多达 {share} 的 {table_name} 数据"


def test_a_rule_that_a_feed_names_is_said_by_its_name():
    assert words("beds_above_bed_days", {}) == "beds above bed days"
    assert "source" in to_do("beds_above_bed_days")


def test_a_verdict_is_explained_by_the_first_event_of_its_kind():
    told = [Occurrence("byte_order_mark"), Occurrence("late"), Occurrence("released")]
    assert reason("held", told) == "late"
    assert reason("loaded", told) is None
    assert reason("rejected", [Occurrence("earlier_version", private="x")]) == "earlier_version"


def constants() -> set[str]:
    """Every text that stands in the code outside the list itself."""
    paths = [p for folder in ("flows", "transforms") for p in (ROOT / folder).rglob("*.py")]
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in paths]
    nodes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    return {node.value for node in nodes if isinstance(node.value, str)}


def named() -> set[str]:
    """Codes that the code gives to what it makes of them."""
    found = set()
    for path in [p for folder in ("flows", "transforms") for p in (ROOT / folder).rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(
                    func=ast.Name(id="Occurrence" | "DeliveryRejected" | "words" | "to_do"),
                    args=[ast.Constant(value=code), *_],
                ):
                    found.add(code)
                case ast.Call(
                    func=ast.Name(id="faults_of"), args=[_, _, ast.Constant(value=code), *_]
                ):
                    found.add(code)
                case ast.Call(func=ast.Name(id="_Rule"), args=[_, ast.Constant(value=code), *_]):
                    found.add(code)
    return found


def test_every_event_happens_somewhere_and_nothing_else_does():
    assert set(BY_CODE) - constants() == set()
    assert len(named()) > 90
    assert {code for code in named() if code not in BY_CODE} == set()
