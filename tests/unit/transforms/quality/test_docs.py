import polars as pl

from schemas.events import EVENTS
from transforms.quality.findings import FOUND, quality


def test_the_table_of_findings_takes_one_of_every_rule():
    rules = [event.code for event in EVENTS if event.kind == "finding"]
    one = pl.DataFrame({"subject": ["x"], "value": [None]}, schema=FOUND)
    assert quality("r/2026-02-10", [(rule, one) for rule in rules]).height == len(rules) > 20
