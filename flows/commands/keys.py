"""``catchment key rotate`` and ``forget``: who can be recognised in what is kept."""

from typing import Annotated

import typer

from flows.commands.options import HomeFolder, LastRegionFile, home_of, print_lines
from schemas.errors import ConfigRefused

Code = typer.Option(metavar="CODE", help="Their code in the extracts.")


def rotate(home: HomeFolder = None, region: LastRegionFile = None) -> None:
    """Make a new key; encrypt the landed files and make all pseudonyms again with it."""
    from flows.clerk.forget import rotate as rotate_key

    print_lines(rotate_key(home_of(home), region))


def forget(
    patient: Annotated[str | None, Code] = None,
    institution: Annotated[str | None, Code] = None,
    home: HomeFolder = None,
    region: LastRegionFile = None,
) -> None:
    """Remove a patient or an institution from all that is kept and all that will arrive."""
    from flows.clerk.forget import forget as leave_out

    if (patient is None) == (institution is None):
        raise ConfigRefused("name one: --patient CODE or --institution CODE")
    kind, code = ("patient_key", patient) if patient else ("institution_id", institution)
    print_lines(leave_out(home_of(home), kind, str(code), region))
