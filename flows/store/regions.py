"""Reading a region's file and the feeds it names."""

import hashlib
import tomllib
from dataclasses import dataclass
from pathlib import Path

from flows.store.feeds import load_feed
from schemas.assumptions.region import Region, parse_region
from schemas.errors import ConfigRefused
from schemas.feed import Feed


@dataclass(frozen=True, slots=True)
class RegionFiles:
    """A region with its feeds, and a hash over the files that say so."""

    region: Region
    feeds: tuple[Feed, ...]
    sha256: str

    def feed(self, name: str) -> Feed:
        """The feed of that name."""
        return next(feed for feed in self.feeds if feed.feed == name)


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
