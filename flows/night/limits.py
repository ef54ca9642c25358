"""What the system lets a process have, asked before libraries abort halfway without a word."""

import resource

from schemas.errors import ConfigRefused

FILES = 128
MEMORY_MB = 3072


def assert_limits_allow_a_night() -> None:
    """Refuse to begin with too few open files or too little memory.

    Raises:
        ConfigRefused: naming the limit, what a night wants and the command that raises it.
    """
    _at_least("open {:,.0f} files at once", resource.RLIMIT_NOFILE, FILES, 1, "-n 1024")
    _at_least("address {:,.0f} MB", resource.RLIMIT_AS, MEMORY_MB, 1 << 20, "-v unlimited")


def _at_least(what: str, kind: int, least: int, unit: int, raised: str) -> None:
    most, _ = resource.getrlimit(kind)
    if most != resource.RLIM_INFINITY and most < least * unit:
        raise ConfigRefused(
            f"this process may {what.format(most / unit)}, a night wants {least:,}: "
            f"raise the limit, for example with `ulimit {raised}`"
        )
