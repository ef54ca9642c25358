"""What every step of a night knows. Only paths, dates and words: no frame, no patient."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from flows.store.home import Home
from flows.store.regions import RegionFiles, load_region
from schemas.assumptions.region import Region
from schemas.errors import ConfigRefused


@dataclass(frozen=True, slots=True)
class Night:
    """One night of one region."""

    region_file: Path
    extracts: Path
    home_root: Path
    date: date
    attempt: int = 1
    orchestrator: str = "plain"

    def numbered(self, attempt: int) -> "Night":
        """The same night, numbered as the given attempt."""
        return replace(self, attempt=attempt)

    @property
    def home(self) -> Home:
        """The folders of this region."""
        return Home(self.home_root)

    @property
    def files(self) -> RegionFiles:
        """The region's configuration, read once per process."""
        return _files(self.region_file)

    @property
    def region(self) -> Region:
        """What the region's file says."""
        return self.files.region

    @property
    def run_key(self) -> str:
        """Names the night: region and date."""
        return f"{self.region.region}/{self.date.isoformat()}"


@cache
def _files(path: Path) -> RegionFiles:
    return load_region(path)


def plan_night(
    region_file: Path,
    extracts: Path | None,
    home: Path,
    night: date | None,
    orchestrator: str = "plain",
) -> Night:
    """Settle what a night is: its date and where its files are.

    Raises:
        ConfigRefused: if there is no folder of extracts.
    """
    region = _files(region_file.resolve()).region
    folder = extracts or _own_extracts(region_file, region) or home / "inbox"
    if not folder.is_dir():
        raise ConfigRefused(f"no folder of extracts at {folder}; name one with --extracts")
    today = datetime.now(ZoneInfo(region.timezone)).date()
    return Night(
        region_file.resolve(),
        folder.resolve(),
        home.resolve(),
        night or region.night or today,
        orchestrator=orchestrator,
    )


def _own_extracts(region_file: Path, region: Region) -> Path | None:
    return region_file.parent / region.extracts if region.extracts else None
