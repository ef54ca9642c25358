"""From a feed's TOML to its contract."""

import tomllib
from pathlib import Path

from pydantic import ValidationError

from schemas.errors import ConfigRefused
from schemas.feed import Feed
from transforms.feed.rules import RULES


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


def _reason(message: str) -> str:
    return message.removeprefix("Value error, ")
