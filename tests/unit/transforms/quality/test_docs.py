from pathlib import Path

import polars as pl

from transforms.quality.rules import FOUND, RULES, quality

DOCS = Path(__file__).parents[4] / "docs" / "deliveries.md"


def test_the_docs_list_every_rule_as_it_is():
    text = DOCS.read_text(encoding="utf-8")
    lines = [
        f"| `{r.rule}` | {r.subject_kind} | {r.severity} | {r.owner} | {r.words} |" for r in RULES
    ]
    assert [line for line in lines if line not in text] == []


def test_the_table_of_findings_takes_one_of_every_rule():
    one = pl.DataFrame({"subject": ["x"], "value": [None]}, schema=FOUND)
    assert quality("r/2026-02-10", [(r.rule, one) for r in RULES]).height == len(RULES)
