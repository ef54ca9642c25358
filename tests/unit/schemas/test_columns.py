"""Every column of every table comes from one list, and every entry of the list is used."""

import re

import polars as pl
import pytest

from schemas import ops
from schemas.columns import COLUMNS, TOPICS, codes
from schemas.columns.column import number, signed
from schemas.errors import ConfigRefused
from schemas.results.outcome import BacktestOutcome, BacktestScore
from schemas.results.run import ScenarioComparison
from schemas.table import Table, polars_schema, schema
from schemas.tables import ALL

TABLES = (*ALL, ScenarioComparison, BacktestOutcome, BacktestScore)
SAYS = {"layer", "subject", "source", "key", "columns", "observed", "rules"}
SAYS |= {"published", "patient_data", "__doc__", "__module__", "__firstlineno__"}
SAYS |= {"__static_attributes__"}
NUMBERS = (pl.Float64, pl.Int64)
HAN = re.compile("[\u4e00-\u9fff]")


@pytest.mark.parametrize("table", TABLES, ids=lambda t: t.__name__)
def test_a_table_declares_no_type_unit_or_meaning_of_its_own(table):
    assert set(vars(table)) <= SAYS
    assert {rule for rules in table.rules.values() for rule in rules} <= {"ge", "gt", "le", "isin"}
    assert set(table.rules) | set(table.observed.split()) <= set(polars_schema(table))
    for column, kind in polars_schema(table).items():
        assert kind == COLUMNS[column].kind


def test_every_entry_is_used_and_stands_once():
    used = {column for table in TABLES for column in polars_schema(table)}
    assert used == set(COLUMNS)
    assert sum(len(topic) for topic in TOPICS.values()) == len(COLUMNS)


@pytest.mark.parametrize("name", COLUMNS)
def test_an_entry_has_a_unit_if_it_is_a_number_and_a_meaning_in_two_languages(name):
    entry = COLUMNS[name]
    assert (entry.unit is not None) is (entry.kind in NUMBERS)
    assert entry.meaning.endswith((".", "?")) and not HAN.search(entry.meaning)
    assert HAN.search(entry.meaning_zh)
    assert entry.of is None or entry.of in COLUMNS
    for english, chinese in entry.codes.values():
        assert english and HAN.search(chinese)


def test_what_a_table_allows_has_a_meaning():
    for table in TABLES:
        for name, column in schema(table).columns.items():
            for check in (c for c in column.checks if c.name == "isin"):
                known = set(codes(name)) or set(COLUMNS)
                assert set(check.statistics["allowed_values"]) <= known, (table, name)


def test_the_vocabulary_lists_every_code_once():
    frame = ops.vocabulary()
    assert frame.height == sum(len(codes(name)) for name in COLUMNS)
    assert frame.filter(column_name="tier")["code"].to_list() == [
        "primary",
        "secondary",
        "tertiary",
    ]


def test_a_number_is_at_least_0_unless_its_entry_says_otherwise():
    assert number("units", "Beds.", "床位").rules == {"ge": 0}
    assert number("units", "Beds.", "床位", le=1).rules == {"ge": 0, "le": 1}
    assert number("units", "Beds.", "床位", gt=0).rules == {"gt": 0}
    assert signed("units", "Beds.", "床位").rules == {}


def test_an_unknown_unit_is_refused():
    with pytest.raises(ConfigRefused, match="furlong"):
        number("furlong", "Length.", "长度")


def test_a_column_without_an_entry_is_refused():
    class Field(Table):
        layer, key = "ops", "acre"

    with pytest.raises(ConfigRefused, match="Field: no column 'acre'"):
        schema(Field)
