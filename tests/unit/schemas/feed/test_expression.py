"""Every function that docs/feeds.md promises."""

from datetime import date

import polars as pl
import pytest

from schemas.feed.expression import parse

FRAME = pl.DataFrame({"a": [6.0], "b": [4.0], "none": [None], "s": ["Ab c"], "d e": [1]})


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("a + b * 2 - a / b", 12.5),
        ("a > b and not b >= a or false", True),
        ("s in ('x', 'Ab c')", True),
        ("s like 'A%'", True),
        ("none is null", True),
        ("case when a > 5 then 'many' else 'few' end", "many"),
        ("case s when 'Ab c' then 1 end", 1),
        ("coalesce(none, a)", 6),
        ("nullif(a, 6)", None),
        ("greatest(a, b)", 6),
        ("least(a, b)", 4),
        ("round(a / b, 0)", 2),
        ("abs(b - a)", 2),
        ("concat(s, '!')", "Ab c!"),
        ("s || '!'", "Ab c!"),
        ("replace(s, 'b', '')", "A c"),
        ("split_part(s, ' ', 2)", "c"),
        ("substr(s, 1, 2)", "Ab"),
        ("lpad('7', 3, '0')", "007"),
        ("upper(s)", "AB C"),
        ("lower(s)", "ab c"),
        ("length(s)", 4),
        ("try_cast('1.5' as double)", 1.5),
        ("try_cast('x' as double)", None),
        ("try_cast(a as bigint)", 6),
        ("try_cast(a as varchar)", "6.0"),
        ("date '2026-01-02'", date(2026, 1, 2)),
        ('"d e" + 1', 2),
        ("a / 0", float("inf")),
    ],
)
def test_an_expression_is_computed(expression, value):
    assert FRAME.select(parse(expression).alias("value")).item() == value


@pytest.mark.parametrize(
    "expression",
    ["cast(a as double)", "CAST (a as double)", "a::double", "a +", "", "frob(a)", "a;b"],
)
def test_what_is_no_expression_is_refused(expression):
    with pytest.raises(ValueError, match=r"not an expression|only try_cast"):
        parse(expression)


def test_a_cast_in_a_text_is_no_cast():
    assert FRAME.select(parse("'::' || 'cast(x)'").alias("x")).item() == "::cast(x)"
