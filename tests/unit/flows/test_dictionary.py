from pathlib import Path

from flows.dictionary import markdown

COMMITTED = Path(__file__).parents[3] / "docs" / "dictionary.md"


def test_the_committed_dictionary_is_the_one_the_tables_give():
    assert COMMITTED.read_text(encoding="utf-8") == markdown(), "run `make docs`"
