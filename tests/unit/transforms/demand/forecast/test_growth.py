import numpy as np
import pytest

from transforms.demand.forecast.growth import growth


def test_a_series_alone_is_carried_on_with_its_damped_growth() -> None:
    """70 patients a week, then 140: growth 0.69 a week, believed for 3 + 0.93 days ahead."""
    past = np.concatenate([np.full((1, 7), 10.0), np.full((1, 7), 20.0)], axis=1)
    rate = np.log(142 / 72) / 7
    told = growth(past**0.25, 1, 7)[0, 0] ** 4
    assert told == pytest.approx(20 * np.exp(rate * 3.93), rel=1e-6)


def test_few_patients_grow_as_all_do() -> None:
    chance = np.random.default_rng(1)
    rate = np.concatenate([np.full(49, 1.0), np.full(7, 1.5)])
    past = chance.poisson(rate * np.ones((200, 1)) * 2.0).astype(float)
    ahead = growth(past**0.25, 3, 7) ** 4 / past[:, -7:].mean(axis=1, keepdims=True)
    assert np.nanstd(ahead[:, 0]) < 0.15 and np.nanmean(ahead[:, 0]) > 1.1


def test_the_weekday_of_all_series_is_kept_and_zeros_stay_zeros() -> None:
    week = np.array([1.0, 1, 1, 1, 1, 0.5, 0.5])
    past = np.tile(week, (3, 8)) * np.array([[10.0], [20.0], [0.0]])
    told = growth(past**0.25, 7, 7) ** 4
    assert told[1, 0] == pytest.approx(20, rel=0.05)
    assert told[1, 5] == pytest.approx(10, rel=0.15)
    assert not told[2].any()
