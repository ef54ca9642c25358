from pathlib import Path

from flows.docs.lineage import markdown
from flows.night.steps import steps

DOCS = Path(__file__).parents[4] / "docs"
LINES = [line.strip() for line in markdown().splitlines()]


def test_the_committed_lineage_is_the_one_that_the_steps_declare():
    assert (DOCS / "lineage.md").read_text(encoding="utf-8") == markdown(), "run `make docs`"


def test_every_step_but_those_of_feeds_and_publishing_is_listed_once():
    listed = [line.split(" | ")[0].strip("| ") for line in LINES if line.startswith("| ")]
    wanted = [step.name for step in steps(()) if step.part not in ("ingest", "publish")]
    assert sorted(n for n in listed if n not in ("step", "---")) == sorted(wanted)


def test_an_arrow_goes_from_all_that_is_read_to_what_is_made():
    read = 'clean_capacity["clean.capacity"] & clean_institution["clean.institution"]'
    assert f'{read} --> clean_capacity_estimate["clean.capacity_estimate"]' in LINES


def test_tables_of_a_model_are_drawn_as_one():
    (made,) = [line for line in LINES if line.startswith("purchases --> ")]
    assert made.startswith('purchases --> 8_tables_of_purchases["8 tables of purchases"] & ')
    assert 'results_plan_run["results.plan_run"]' in made
