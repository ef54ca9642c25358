"""Score the past of a file's series: every engine, and the one that would have been chosen."""

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl

from benchmarks.forecast.baseline import flat_baseline
from benchmarks.forecast.holidays import german_holidays
from benchmarks.forecast.read import Series
from transforms.demand.forecast.backtest import (
    APART,
    CHOOSING,
    LEAST_SCORED,
    cells,
    choose,
    default,
    preferred,
    told,
)
from transforms.demand.forecast.engines import offered
from transforms.demand.forecast.panel import Panel, panel
from transforms.demand.forecast.score import LEVELS, NAIVE, bands, scores

Cells = dict[str, np.ndarray]
HORIZON = {"day": 14, "week": 4}
# Origins are eight days apart, so that they rotate over weekdays, or every week; the newest 400.
STRIDE, MOST = {"day": 8, "week": 1}, 400
OFFSETS = (0.0, 1 / 3, 2 / 3)
HUB_SEASON = date(2025, 9, 28)


def tables(series: Series) -> dict[str, pl.DataFrame]:
    """By part of the time: engine | horizon | mae_relative, … , the worst of three offsets."""
    named = german_holidays(range(2019, 2031)) if series.kind == "register" else None
    parts: dict[str, list[pl.DataFrame]] = {}
    for offset in OFFSETS:
        laid = replace(panel(series.history, series.frequency, None, named), refit=offset)
        origins, horizon = _origins(series, laid), HORIZON[series.frequency]
        found = {e: cells(laid, e, origins, horizon, LEVELS) for e in offered(laid)}
        found["chosen"] = _chosen(found, origins, laid)
        against = _against(series, laid, origins, horizon, found)
        for name, rows in _parts(series, laid, origins).items():
            parts.setdefault(name, []).append(_scored(found, against, rows, horizon, laid.step))
    return {name: _worst(frames) for name, frames in parts.items()}


def _origins(series: Series, laid: Panel) -> np.ndarray:
    """From a third of the history, or where the publisher's yardstick begins, to the last."""
    begin = laid.last // 3
    if series.scored_from:
        begin = laid.index(date.fromisoformat(series.scored_from))
    horizon = HORIZON[series.frequency] if laid.step == 1 else 1
    return np.arange(begin, laid.last - horizon + 1, STRIDE[series.frequency])[-MOST:]


def _chosen(found: dict[str, Cells], origins: np.ndarray, laid: Panel) -> Cells:
    """At each origin the engine that is chosen by the known cells of the latest origins."""
    names = list(found)
    steps = np.arange(1, found[names[0]]["wis"].shape[2] + 1)
    reach = CHOOSING[laid.step] * APART[laid.step]
    picked = []
    for place, origin in enumerate(origins):
        first = np.searchsorted(origins, origin - reach)
        arrived = origins[first:place, None, None] + steps <= origin
        enough = origin // APART[laid.step] >= LEAST_SCORED[laid.step] and arrived.any()
        past = {n: np.where(arrived, c["wis"][first:place], np.nan) for n, c in found.items()}
        picked.append(_best(past, laid, int(origin)) if enough else default(laid))
    return {
        measure: np.stack([found[name][measure][place] for place, name in enumerate(picked)])
        for measure in found[names[0]]
    }


def _best(past: Cells, laid: Panel, origin: int) -> str:
    wis = [float(np.nanmean(values)) for values in past.values()]
    scores = pl.DataFrame({"engine": list(past), "n": [1] * len(wis), "wis": wis})
    return choose(scores, preferred("day" if laid.step == 1 else "week", origin + 1))


def _against(
    series: Series, laid: Panel, origins: np.ndarray, horizon: int, found: dict[str, Cells]
) -> dict[str, Cells]:
    """What scores are relative to: the hub's flat baseline, else the better naive engine."""
    if series.kind != "hub":
        return {name: found[name] for name in NAIVE}
    levels = np.array(LEVELS)
    values = flat_baseline(laid, origins, horizon, levels)
    ahead = origins[:, None] + np.arange(1, horizon + 1)
    came = np.pad(laid.root**4, ((0, 0), (0, horizon)), constant_values=np.nan)[:, ahead]
    every = np.ones(len(levels), dtype=bool)
    return {"baseline": scores(values, came.transpose(1, 0, 2), levels, every)}


def _parts(series: Series, laid: Panel, origins: np.ndarray) -> dict[str, np.ndarray]:
    if series.kind != "hub":
        return {"all origins": np.ones(len(origins), dtype=bool)}
    late = np.array([laid.day(origin) >= HUB_SEASON for origin in origins])
    return {f"from {HUB_SEASON}": late, f"before {HUB_SEASON} (a cold start)": ~late}


def _scored(
    found: dict[str, Cells],
    against: dict[str, Cells],
    rows: np.ndarray,
    horizon: int,
    step: int,
) -> pl.DataFrame:
    lines = []
    for name, part in bands(horizon, step).items():
        least = [told(_of(a, rows), part) for a in against.values()]
        for engine, measured in found.items():
            line = told(_of(measured, rows), part)
            ratios = {f"{m}_relative": line[m] / min(a[m] for a in least) for m in ("mae", "wis")}
            lines.append({"engine": engine, "horizon": name} | line | ratios)
    return pl.DataFrame(lines)


def _of(measured: Cells, rows: np.ndarray) -> Cells:
    return {name: values[rows] for name, values in measured.items()}


def _worst(frames: list[pl.DataFrame]) -> pl.DataFrame:
    """Of the offsets: the highest error, and the coverage that is farthest from its share."""
    every = pl.concat(frames)
    covered = [
        pl.col(f"coverage_{share}")
        .sort_by((pl.col(f"coverage_{share}") - share / 100).abs())
        .last()
        for share in (50, 80)
    ]
    highest = pl.col("n", "mae", "wis", "mae_relative", "wis_relative").max()
    return every.group_by("engine", "horizon", maintain_order=True).agg(highest, *covered)
