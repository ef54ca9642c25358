import re
from pathlib import Path

import pytest

from flows.docs.dictionary import markdown
from flows.docs.formulation import documents
from schemas.columns import COLUMNS

DOCS = Path(__file__).parents[4] / "docs"


def test_the_committed_dictionary_is_the_one_the_tables_give():
    assert (DOCS / "dictionary.md").read_text(encoding="utf-8") == markdown(), "run `make docs`"


@pytest.mark.parametrize("file", ["allocation.md", "financing.md", "purchases.md"])
def test_the_committed_formulation_is_the_one_that_is_solved(file):
    assert (DOCS / file).read_text(encoding="utf-8") == documents()[file], "run `make docs`"


def test_every_constraint_of_the_models_is_in_the_formulation():
    written = documents()
    for name in ("demand_is_met", "census_follows", "capacity_holds", "choice_limit"):
        assert f"`{name}`" in written["allocation.md"]
    for name in ("arrears_balance", "fund_balance", "loan_limit", "cash_balance", "liquidity"):
        assert f"`{name}`" in written["financing.md"]


def test_every_link_leads_somewhere_and_every_column_has_its_line():
    text = markdown()
    headings = {
        line.lstrip("# ").lower().replace(" ", "-")
        for line in text.splitlines()
        if line.startswith("#")
    }
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= headings
    for column in COLUMNS:
        assert f"| {column} |" in text
    assert "| [zone_id](#zone) | String |" in text
    assert "| withheld | Known to the sender" in text
