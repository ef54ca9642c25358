"""docs/extend.md: each of its examples, carried out as it stands there."""

import csv
import importlib
import re
import sys
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from flows.commands.main import app
from flows.docs import dictionary, formulation
from flows.night import steps
from flows.store.night import load_region
from flows.store.warehouse import opened, read_all
from schemas import columns, events
from schemas.errors import PlanRefused
from schemas.table import conform, name
from transforms.quality.findings import quality

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "extend.md").read_text(encoding="utf-8")
SECTIONS = {part.split("\n", 1)[0]: part for part in PAGE.split("\n## ")[1:]}
BLOCK = re.compile(r"```(\w+)\n(?:# ([\w/.]+)(?:, in (\w+))?\n)?(.*?)```", re.S)


def blocks(section: str) -> list[tuple[str, str, str, str]]:
    """Kind, file, the list in it that is added to, and text of each block."""
    return BLOCK.findall(SECTIONS[section])


class Written:
    """The code of a section: new modules are written, existing ones get what is added."""

    def __init__(self, section: str, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.listed: dict[str, str] = {}
        for kind, file, listed, text in blocks(section):
            if kind != "python":
                continue
            module = file.removesuffix("/__init__.py").removesuffix(".py").replace("/", ".")
            if listed == "COLUMNS":
                found = importlib.import_module(module)
                for column, entry in eval(f"{{{text}}}", vars(found)).items():
                    patch.setitem(columns.COLUMNS, column, entry)
            elif listed:
                self.listed[module] = text
            elif (ROOT / file).exists():
                found = importlib.import_module(module)
                made = dict(vars(found))
                exec(compile(text, file, "exec"), made)
                for each in made.keys() - vars(found).keys():
                    patch.setattr(found, each, made[each], raising=False)
            else:
                (folder / file).parent.mkdir(parents=True, exist_ok=True)
                (folder / file).write_text(text, encoding="utf-8")
        for package in ("optimization", "optimization.verify", "schemas.results"):
            found = importlib.import_module(package)
            more = str(folder / package.replace(".", "/"))
            patch.setattr(found, "__path__", [*found.__path__, more])

    def entry(self, module: str, **more: object):
        """What is added to a list of ``module``."""
        return eval(f"({self.listed[module]})", {**vars(importlib.import_module(module)), **more})


@pytest.fixture
def written(tmp_path, monkeypatch):
    before = set(sys.modules)
    yield lambda section: Written(section, tmp_path, monkeypatch)
    for module in set(sys.modules) - before:
        if str(tmp_path) in str(getattr(sys.modules[module], "__file__", "")):
            del sys.modules[module]


def test_a_feed(tmp_path, monkeypatch):
    (extract,) = (text for kind, _, _, text in blocks("A feed") if kind == "csv")
    (toml,) = (text for kind, _, _, text in blocks("A feed") if kind == "toml")
    (console,) = (text for kind, _, _, text in blocks("A feed") if kind == "console")
    (tmp_path / "config" / "feeds").mkdir(parents=True)
    (tmp_path / "config" / "feeds" / "registry_beds.toml").write_text(toml, encoding="utf-8")
    command, said = console.split("\n", 1)
    words = command.removeprefix("$ catchment ").split()
    (tmp_path / words[1]).write_text(extract, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    printed = CliRunner().invoke(app, words).output
    assert printed.split() == said.split()


def test_a_rule(written, monkeypatch):
    made = written("A rule")
    (line,) = (text for kind, _, _, text in blocks("A rule") if kind == "csv")
    (row,) = csv.reader([line.strip()])
    rule = events.Event(*row[:5], float(row[5]), *row[6:])
    assert (rule.kind, rule.subject) == ("finding", "institution")
    monkeypatch.setitem(events.BY_CODE, rule.code, rule)
    days = pl.date_range(pl.date(2026, 1, 1), pl.date(2026, 1, 20), eager=True)
    sent = pl.DataFrame({"date": days}).with_columns(
        resource_id=pl.lit("bed"), period_days=1, in_service=pl.lit(9.0)
    )
    still = sent.with_columns(institution_id=pl.lit("H1"), in_use=pl.lit(7.0))
    moves = sent.with_columns(
        institution_id=pl.lit("H2"), in_use=pl.int_range(pl.len()).cast(pl.Float64)
    )
    (found,) = made.entry("flows.night.quality", capacity=pl.concat([still, moves]))
    finding = quality("r/2026-01-20", [found])
    assert finding.select("rule", "subject", "measured", "severity").rows() == [
        ("use_stands_still", "H1", 14.0, "warn")
    ]


def test_a_table(written, night_one):
    made = written("A table")
    (step,) = made.entry("flows.night.steps")
    with opened(night_one, read_only=True) as con:
        frames = read_all(con, step.reads)
    (table,) = step.makes
    rows = conform(table, step.make(None, frames))
    beds = rows.filter(resource_id="general_bed", date=pl.date(2026, 2, 10))
    shown = re.findall(r"\| (SYN-\S+) \| (SYN-\S+) \| (\S+) \|", SECTIONS["A table"])
    assert [(a, b, f"{s:.3f}") for a, b, s in beds.select(
        "region_id", "institution_id", "fullest_share").rows()] == shown  # fmt: skip
    lineage = steps.lineage([step])
    assert lineage.select("made", "read_from").rows() == [
        ("regional.fullest", "clean.capacity_estimate"),
        ("regional.fullest", "clean.institution"),
    ]
    assert "使用率" in columns.COLUMNS["fullest_share"].meaning_zh
    assert "fullest of a resource on a date" in dictionary._table(table)


def test_a_model(written):
    made = written("A model")
    tables = importlib.import_module("schemas.results.reserve")
    verify = importlib.import_module("optimization.verify.reserve")
    reserve = importlib.import_module("optimization.reserve")
    (model,) = made.entry(
        "optimization.models",
        reserve=reserve,
        constraints=reserve.constraints,
        tiers=reserve.tiers,
        ReserveShortage=tables.ReserveShortage,
        ReserveGift=tables.ReserveGift,
        verify_reserve=verify.verify_reserve,
        RESERVE_RULES=verify.RULES,
    )
    short = pl.DataFrame(
        {
            "region_id": ["A", "B"],
            "resource_id": ["ventilator"] * 2,
            "shortage": [40.0, 50.0],
            "stock": [60.0, 60.0],
        }
    )
    frames = {"reserve_shortage": conform(tables.ReserveShortage, short)}
    region = load_region(ROOT / "config" / "demo.toml").region
    plan = model.solve(frames, region, threads=1)
    gift = conform(tables.ReserveGift, plan.frames[name(tables.ReserveGift)])
    assert gift["reserve_units"].sum() == pytest.approx(60, abs=1e-4)
    assert gift["shortage_left"].sum() == pytest.approx(30, abs=1e-4)
    assert plan.frames["plan_run"]["model"].unique().to_list() == ["reserve"]
    much = gift.with_columns(pl.col("reserve_units") + 10)
    with pytest.raises(PlanRefused, match="within_stock"):
        model.verify({**frames, "reserve_gift": much})
    page = formulation._document(model)
    assert "| `within_stock` | sum_ρ given[ρ,r] ≤ S[r] |" in page
