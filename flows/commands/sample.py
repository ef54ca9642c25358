"""``catchment sample``: a region to try things on."""

from pathlib import Path
from typing import Annotated

import typer


def sample(
    out: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Folder to write into; made if missing.")
    ],
    seed: Annotated[
        int, typer.Option(metavar="NUMBER", help="The same seed gives the same files.")
    ] = 1,
    institutions: Annotated[
        int, typer.Option(metavar="NUMBER", min=3, help="Hospitals in the region.")
    ] = 12,
    days: Annotated[
        int, typer.Option(metavar="NUMBER", min=28, help="Days of capacity and stays.")
    ] = 180,
) -> None:
    """Write the extracts of a made-up region, marked as synthetic, with a few faulty rows."""
    from flows.clerk.sample import write_sample

    paths = write_sample(out, seed=seed, institutions=institutions, days=days)
    typer.echo(f"{len(paths)} files of synthetic data in {out}")
