"""The fast way is taken only for text in which every line is a row, and reads the same."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.reading import content
from transforms.reading.content import regular_lines


def lines(text, columns=3, separator=","):
    return regular_lines(text.encode(), columns, separator, '"', 100)


def test_regular_text_is_counted():
    assert lines("a,b,c\n1,2,3\n,,\n") == 3
    assert lines("a\tb\n1\t2\n", 2, "\t") == 2
    assert lines("a a,b,c\n", 3) == 1
    assert lines("a b\n1 2\n", 2, " ") == 2


@pytest.mark.parametrize(
    "text",
    [
        "a,b,c\n1,2\n3,4,5,6\n",
        "a,b,c\n1,2,3,4\n5,6\n",
        "a,b,c\n1,2,3",
        "a,b,c\n1,2,3\n4",
        "a,b,c\n\n1,2,3\n",
        "\na,b,c\n1,2,3\n",
        'a,b,c\n1,"2",3\n',
        "a,b,c\n1,2\x00,3\n",
        "a,b,c\n1,2\t,3\n",
        "a,b,c\n1,2\x7f,3\n",
        "a,b,c\n1,2\u0085,3\n",
        "a,b,c\n1," + "2" * 200 + ",3\n",
    ],
)
def test_anything_else_is_left_to_a_closer_look(text):
    assert lines(text) is None


@settings(max_examples=200)
@given(st.lists(st.text(st.sampled_from("a,\n"), max_size=8), max_size=8), st.integers(2, 4))
def test_only_text_of_equal_rows_is_regular(pieces, columns):
    text = "".join(pieces) + "\n"
    every = [line.count(",") == columns - 1 for line in text[:-1].split("\n")]
    assert (lines(text, columns) == len(every)) is all(every)


def test_pieces_are_whole_lines(monkeypatch):
    monkeypatch.setattr(content, "CHUNK", 128)
    assert lines("1,2,3\n" * 1000) == 1000
    assert lines("1,2,3\n" * 999 + "1,2\n") is None
