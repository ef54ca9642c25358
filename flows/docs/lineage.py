"""Where each table comes from, drawn from the list of the night's steps.

python -m flows.docs.lineage docs/lineage.md
"""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from flows.night.steps import Part, Step, steps
from flows.store.warehouse import full_name

HEAD = """# Where each table comes from

Written by `make docs` from the list of the night's steps (`flows/night/steps.py`); a test keeps the
two the same. A step is given the tables that it declares to read and no others. `ops.lineage` in a
region's published file has the same as rows, with the steps that load the region's feeds; here is
also what a step reads for some regions only, as encounters where a tariff pays for them.

The feeds' own steps come first. They fill `history.X`: all rows of `clean.X` ever delivered.
"""
PICTURES: tuple[tuple[str, tuple[Part, ...]], ...] = (
    ("Clean tables", ("history", "clean")),
    ("Regional tables", ("regional",)),
    ("Checks", ("verify", "quality", "about")),
)
FEW, MANY = 3, 6


def markdown() -> str:
    """The whole document."""
    listed = steps(())
    models = [step for step in listed if step.part == "model"]
    pictures = [(title, [s for s in listed if s.part in parts]) for title, parts in PICTURES]
    pictures[2:2] = [(f"Model: {step.name}", [step]) for step in models]
    owner = _owners(models)
    lines = [line for picture in pictures for line in _picture(*picture, owner)]
    return "\n".join([HEAD, *lines])


def _owners(models: Sequence[Step]) -> dict[str, str]:
    """Tables that one model alone makes, and which."""
    times = Counter(full_name(table) for step in models for table in step.makes)
    made = ((full_name(table), step.name) for step in models for table in step.makes)
    return {table: model for table, model in made if times[table] == 1}


def _picture(title: str, chosen: Sequence[Step], owner: dict[str, str]) -> Iterator[str]:
    """What each step reads and makes: drawn, a model's tables as one; and listed."""
    often = Counter(read for step in chosen for read in _reads(step))
    common = [read for read, times in often.items() if 2 * times > len(chosen) > MANY]
    yield f"## {title}\n"
    if common:
        yield f"Not drawn, for most of these steps read it: {', '.join(common)}.\n"
    yield "```mermaid\nflowchart LR"
    for step in chosen:
        reads = [read for read in _reads(step) if read not in common]
        yield from _arrows(step, _together(reads, owner), _together(_makes(step), owner))
    yield "```\n\n| step | makes | reads |\n| --- | --- | --- |"
    for step in chosen:
        made, read = (", ".join(names) or "nothing" for names in (_makes(step), _reads(step)))
        yield f"| {step.name} | {made} | {read} |"
    yield ""


def _arrows(step: Step, reads: Sequence[str], makes: Sequence[str]) -> Iterator[str]:
    """Arrows to the only table that a step makes, else to the step and on to its tables."""
    target = _node(makes[0]) if len(makes) == 1 else f"{step.name}([{step.name}])"
    if reads:
        yield f"  {' & '.join(map(_node, reads))} --> {target}"
    if len(makes) > 1:
        yield f"  {step.name} --> {' & '.join(map(_node, makes))}"


def _together(tables: Sequence[str], owner: dict[str, str]) -> list[str]:
    """Tables as they are drawn: many of one model as one."""
    many = Counter(owner[table] for table in tables if table in owner)
    drawn = {
        f"{many[owner[t]]} tables of {owner[t]}" if many[owner.get(t, "")] > FEW else t: None
        for t in tables
    }
    return list(drawn)


def _reads(step: Step) -> list[str]:
    return [*map(full_name, step.reads), *step.others]


def _makes(step: Step) -> list[str]:
    return [*map(full_name, step.makes)]


def _node(name: str) -> str:
    letters = (letter if letter.isalnum() else "_" for letter in name)
    return f'{"".join(letters)}["{name}"]'


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(markdown(), encoding="utf-8")
