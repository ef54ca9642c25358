"""Writes the synthetic sample region's extracts, and those of the wave."""

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from transforms.sample import sample_files, wave_files


def write_sample(out: Path, seed: int = 1, institutions: int = 12, days: int = 180) -> list[Path]:
    """Write the sample's extracts into ``out`` and return their paths: same seed, same bytes.

    Raises:
        InputRefused: where there is no institution or too few days.
    """
    return _written(out, sample_files(seed, institutions, days).files)


def write_wave(out: Path, seed: int = 1, institutions: int = 73, days: int = 72) -> list[Path]:
    """Write the wave's extracts into ``out`` and return their paths: same seed, same bytes.

    Raises:
        InputRefused: where there are too few institutions or days.
    """
    return _written(out, wave_files(seed, institutions, days))


def _written(out: Path, files: Mapping[str, pl.DataFrame]) -> list[Path]:
    out.mkdir(parents=True, exist_ok=True)
    for name, frame in files.items():
        frame.write_csv(out / name, line_terminator="\n")
    return [out / name for name in files]
