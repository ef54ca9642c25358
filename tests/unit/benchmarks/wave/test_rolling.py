from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from benchmarks.wave.rolling import (
    as_seen,
    carried_out,
    followed,
    forecast,
    hindsight,
    last_seven_days,
    loaded,
    rolled,
)
from optimization.allocation.accounting import as_usual, harm
from optimization.solver import SolveSettings
from transforms.sample import assumed, wave_files

# The days on which a short wave rises.
ALL, DAYS = 28, 12
LAST = assumed.LAST_DAY - timedelta(days=ALL - 20)
SETTINGS = SolveSettings(60, 1)


@pytest.fixture(scope="module")
def wave(tmp_path_factory):
    """A wave of six institutions as it rises, all of a table in one file."""
    folder = tmp_path_factory.mktemp("wave")
    parts: dict[str, list[pl.DataFrame]] = {}
    for name, frame in wave_files(1, 6, ALL).items():
        if date.fromisoformat(name[-14:-4]) <= LAST:
            parts.setdefault(name[:-14], []).append(frame)
    for start, frames in parts.items():
        rows = pl.concat(frames)
        if "encounter" in start:
            rows = rows.unique("encounter_id", keep="last", maintain_order=True)
        rows.write_csv(folder / f"{start}{LAST.isoformat()}.csv")
    return loaded(folder, folder / "home", DAYS, LAST)


def harm_of(wave, result):
    return harm(wave.whole, result)


def test_the_forecast_leaves_less_regret_than_the_last_seven_days_mean(wave):
    usual = harm_of(wave, as_usual(wave.whole))
    recent = harm_of(wave, rolled(wave, last_seven_days, SETTINGS))
    foreseen = harm_of(wave, rolled(wave, forecast, SETTINGS, wave.region.allocation.demand))
    least = harm_of(wave, hindsight(wave, SETTINGS))
    assert least < foreseen < recent < usual
    assert foreseen - least < 0.75 * (recent - least)


def test_nights_that_know_who_comes_reach_what_hindsight_reaches(wave):
    def known(wave, day, ahead):
        return wave.whole.demand[:, :, day : day + ahead]

    rest = wave.whole.horizon
    region = wave.region.model_copy(
        update={"allocation": wave.region.allocation.model_copy(update={"horizon_days": rest})}
    )
    all_ahead = replace(wave, region=region)
    reached = harm_of(wave, rolled(all_ahead, known, SETTINGS))
    assert reached == pytest.approx(harm_of(wave, hindsight(wave, SETTINGS)), rel=0.01)


def test_nights_that_expect_nobody_leave_everyone_where_usual(wave):
    def nobody(wave, day, ahead):
        return np.zeros((*wave.whole.demand.shape[:2], ahead))

    result = rolled(wave, nobody, SETTINGS)
    assert result.admit == pytest.approx(wave.whole.expected)


def test_a_night_plans_on_who_came_before_it_alone(wave):
    later = wave.whole.demand.copy()
    later[:, :, 6:] += 5
    other = replace(wave, whole=replace(wave.whole, demand=later))
    for expected in (last_seven_days, forecast):
        assert (expected(wave, 6, 4) == expected(other, 6, 4)).all()
    assert (last_seven_days(wave, 7, 4) != last_seven_days(other, 7, 4)).any()


def test_the_mean_is_that_of_seven_days_also_on_the_first_day(wave):
    mean = last_seven_days(wave, 0, 3)
    assert mean[:, :, 2] == pytest.approx(wave.before[:, :, -7:].mean(axis=2))
    mean = last_seven_days(wave, 2, 1)
    came = np.concatenate([wave.before[:, :, -5:], wave.whole.demand[:, :, :2]], axis=2)
    assert mean[:, :, 0] == pytest.approx(came.mean(axis=2))


def test_no_more_are_sent_than_came_and_nobody_is_lost(wave):
    whole, day = wave.whole, 8
    expected = 3 * whole.demand[:, :, day : day + 3]
    asked = as_seen(whole, whole.expected, day, expected)
    plan = as_usual(asked)
    arcs = whole.arcs
    first = np.flatnonzero((arcs.usual < 1) & (asked.expected[:, 0] > 0))[0]
    admit = plan.admit.copy()
    same = (arcs.zone == arcs.zone[first]) & (arcs.care == arcs.care[first])
    admit[same, 0] = 0.0
    taker = np.flatnonzero(same & (np.arange(same.size) != first))[0]
    admit[taker, 0] = asked.expected[same, 0].sum()
    sent = carried_out(whole, day, asked, replace(plan, admit=admit))
    came = whole.demand[arcs.zone[first], arcs.care[first], day]
    assert sent[same].sum() == pytest.approx(came)
    limit = whole.classes.limit[arcs.care[first]] * came
    assert 0 < sent[taker] - whole.expected[taker, day] <= limit + 1e-9
    assert sent[~same] == pytest.approx(whole.expected[~same, day])


def test_what_nights_see_is_what_their_plans_led_to(wave):
    whole = wave.whole
    result = followed(whole, whole.expected)
    so_far = whole.expected.copy()
    so_far[:, 5:] = 0
    seen = as_seen(whole, so_far, 5, whole.demand[:, :, 5:9])
    assert as_usual(seen).census == pytest.approx(result.census[:, :, 5:9])
