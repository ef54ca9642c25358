"""What every step of a night knows. Only paths, dates and words: no frame, no patient."""

import hashlib
import tomllib
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
from pydantic import ValidationError

from flows.store.home import Home
from schemas.assumptions.region import Region, parse_region
from schemas.errors import ConfigRefused
from schemas.feed import Feed
from schemas.table import Table
from transforms.feed.rules import RULES
from transforms.history.merge import current, delivery_order


@dataclass(frozen=True, slots=True)
class RegionFiles:
    """A region with its feeds, and a hash over the files that say so."""

    region: Region
    feeds: tuple[Feed, ...]
    sha256: str

    def feed(self, name: str) -> Feed:
        """The feed of that name."""
        return next(feed for feed in self.feeds if feed.feed == name)

    def newest(
        self, table: type[Table], history: pl.DataFrame, deliveries: pl.DataFrame
    ) -> pl.DataFrame:
        """What the newest of ``deliveries`` (``ops.delivery``) say of a table, one row a key."""
        names = tuple(feed.feed for feed in self.feeds)
        replaces = {feed.feed: feed.file.replaces for feed in self.feeds}
        return current(table, history, delivery_order(deliveries, names, replaces))


def load_region(path: Path) -> RegionFiles:
    """Read ``path`` and, from the folder ``feeds`` beside it, the feeds it names.

    Raises:
        ConfigRefused: naming the file, the key and what is allowed.
    """
    region = parse_region(path.name, _toml(path))
    files = [path.parent / "feeds" / f"{name}.toml" for name in region.feeds]
    feeds = tuple(load_feed(file) for file in files)
    for name, feed in zip(region.feeds, feeds, strict=True):
        if feed.feed != name:
            raise ConfigRefused(f"{name}.toml: feed = {feed.feed!r} must equal the file's name")
    digest = hashlib.sha256()
    for file in (path, *files):
        digest.update(file.read_bytes())
    return RegionFiles(region, feeds, digest.hexdigest())


def _toml(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        fault = "no such file"
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as err:
        fault = str(err)
    raise ConfigRefused(f"{path}: {fault}")


def load_feed(path: Path) -> Feed:
    """Read one feed.

    Raises:
        ConfigRefused: naming the file, each key at fault and the reason.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as err:
        raise ConfigRefused(f"{path.name} cannot be read: {err}") from None
    try:
        feed = Feed.model_validate(content)
    except ValidationError as err:
        faults = [f"{_key(e['loc'])}: {_reason(e['msg'])}" for e in err.errors()]
        raise ConfigRefused(f"{path.name} refused; " + "; ".join(faults)) from None
    if feed.rule is not None and feed.rule not in RULES:
        raise ConfigRefused(
            f"{path.name} refused; rule: no rule {feed.rule!r}; there is {', '.join(RULES) or None}"
        )
    return feed


def load_feeds(folder: Path) -> list[Feed]:
    """Read every feed of a folder, in order of file name.

    Raises:
        ConfigRefused: as ``load_feed``, or if two feeds have one name.
    """
    feeds = [load_feed(path) for path in sorted(folder.glob("*.toml"))]
    names = [f.feed for f in feeds]
    repeated = sorted({n for n in names if names.count(n) > 1})
    if repeated:
        raise ConfigRefused(f"{folder.name}: more than one feed is named {', '.join(repeated)}")
    return feeds


def _key(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location) or "feed"


def _reason(by_pydantic: str) -> str:
    return by_pydantic.removeprefix("Value error, ")


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
