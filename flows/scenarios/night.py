"""What last night published and a scenario may change: read only, never from the warehouse."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

from flows.publish.verify import published
from flows.store.home import Home
from optimization.models import ALLOCATION
from schemas import ops
from schemas.assumptions.scenario import Scenario, parse_scenario
from schemas.errors import ConfigRefused, HomeRefused
from schemas.results.allocation import PolicyComparison
from schemas.table import Table

READ: tuple[type[Table], ...] = (
    *ALLOCATION.reads,
    *ALLOCATION.inputs,
    PolicyComparison,
)
NAMED = {
    "class_id": "allocation_class",
    "zone_id": "zone",
    "region_id": "zone",
    "institution_id": "allocation_capacity",
    "resource_id": "allocation_resource",
}


@dataclass(frozen=True, slots=True)
class LastNight:
    """Tables by name, and the facts of ``ops.about``."""

    tables: dict[str, pl.DataFrame]
    about: dict[str, str]


def last_night(home: Home) -> LastNight:
    """The planning inputs and the comparison that the published file holds.

    Raises:
        HomeRefused: nothing is published, or no plan is in it.
    """
    if not home.published.is_file():
        raise HomeRefused(f"{home.published}: nothing is published yet; run a night first")
    with duckdb.connect(str(home.published), read_only=True) as con:
        tables = published(con, READ)
        about = published(con, (ops.About,))["about"]
    if tables["policy_comparison"].filter(policy="plan").is_empty():
        raise HomeRefused(f"{home.published}: last night planned nothing; run a night first")
    return LastNight(tables, dict(about.select("item", "value").iter_rows()))


def read_scenarios(files: list[Path], night: LastNight) -> list[Scenario]:
    """The scenarios of ``files``, every name in them known to ``night``.

    Raises:
        ConfigRefused: naming the file, the key and what is known.
    """
    scenarios = [_known(file, night) for file in files]
    names = [scenario.name for scenario in scenarios]
    for name in names:
        if names.count(name) > 1 or name == "last_night":
            raise ConfigRefused(f"name: two scenarios are called {name}; call each its own")
    return scenarios


def _known(file: Path, night: LastNight) -> Scenario:
    scenario = parse_scenario(file.name, _toml(file))
    for table in ("demand_factor", "closed", "staff_lost"):
        for position, part in enumerate(getattr(scenario, table)):
            for key in NAMED.keys() & set(type(part).model_fields):
                _refuse_unknown(file, f"{table}.{position}.{key}", key, getattr(part, key), night)
    for resource in scenario.surge_share:
        _refuse_unknown(file, "surge_share", "resource_id", resource, night)
    for care in scenario.elsewhere_limit:
        _refuse_unknown(file, "elsewhere_limit", "class_id", care, night)
    return scenario


def _refuse_unknown(file: Path, where: str, key: str, value: str | None, night: LastNight) -> None:
    known = night.tables[NAMED[key]][key].unique().sort()
    if value is not None and value not in known:
        some = ", ".join(known.head(8).to_list())
        raise ConfigRefused(
            f"{file.name}: {where}: last night's plan has no {key} {value}; it has {some}"
            + (" and others" if known.len() > 8 else "")
        )


def _toml(file: Path) -> dict[str, object]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as err:
        fault = err.strerror
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as err:
        fault = str(err)
    raise ConfigRefused(f"{file}: {fault}")
