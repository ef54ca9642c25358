from pathlib import Path

from transforms.quality.rules import RULES

DOCS = Path(__file__).parents[4] / "docs" / "deliveries.md"


def test_the_docs_list_every_rule_as_it_is():
    text = DOCS.read_text(encoding="utf-8")
    lines = [
        f"| `{r.rule}` | {r.subject_kind} | {r.severity} | {r.owner} | {r.words} |" for r in RULES
    ]
    assert [line for line in lines if line not in text] == []
