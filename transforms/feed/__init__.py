"""From a file's text to canonical tables, with every source row accounted for."""

from transforms.feed.result import Counts, FeedResult, apply

__all__ = ["Counts", "FeedResult", "apply"]
