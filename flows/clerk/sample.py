"""Writes the synthetic sample region's extracts."""

from pathlib import Path

from transforms.sample import sample_files


def write_sample(out: Path, seed: int = 1, institutions: int = 12, days: int = 180) -> list[Path]:
    """Write the sample's extracts into ``out`` and return their paths: same seed, same bytes.

    Raises:
        InputRefused: where there is no institution or too few days.
    """
    made = sample_files(seed, institutions, days)
    out.mkdir(parents=True, exist_ok=True)
    paths = [out / name for name in made.files]
    for path, frame in zip(paths, made.files.values(), strict=True):
        frame.write_csv(path, line_terminator="\n")
    return paths
