"""The home of a region: its folders, their modes, and the lock that one night holds."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from schemas.errors import HomeRefused, NightBusy


class Settings(BaseSettings):
    """Settings of one installation; each may be set as ``CATCHMENT_<NAME>``."""

    model_config = SettingsConfigDict(env_prefix="CATCHMENT_", frozen=True)

    home: Path = Field(Path("home"), description="where landing, warehouse and results are [path]")
    keys: Path | None = Field(
        None, description="where keys are; absent: the folder keys of the home [path]"
    )
    backups: Path | None = Field(
        None, description="where each night leaves a proved, encrypted backup of the home [path]"
    )
    backups_kept: int = Field(7, ge=1, description="proved backups that are kept there [1]")
    threads: int = Field(
        default_factory=lambda: len(os.sched_getaffinity(0)),
        ge=1,
        description="threads of DuckDB and of the solver [1]",
    )
    duckdb_memory: str = Field("2GB", description="most memory DuckDB may take [text]")
    prefect_timeout_s: float = Field(
        2.0, gt=0, description="how long a named Prefect server may take to answer [seconds]"
    )


@cache
def settings() -> Settings:
    """The settings, read once."""
    return Settings()


def now() -> datetime:
    """This instant, UTC, as tables hold it; the clock is asked nowhere else."""
    return datetime.now(UTC).replace(tzinfo=None)


@dataclass(frozen=True, slots=True)
class Home:
    """Paths below one root, which only its owner may enter (mode 0700)."""

    root: Path

    @property
    def landing(self) -> Path:
        """Each delivery's bytes under its sha256."""
        return self.root / "landing"

    @property
    def warehouse(self) -> Path:
        """The DuckDB file that only the night opens."""
        return self.root / "warehouse.duckdb"

    @property
    def published(self) -> Path:
        """The DuckDB file that analysts open."""
        return self.root / "published" / "catchment.duckdb"

    @property
    def decisions(self) -> Path:
        """What people decided about held deliveries, one file each."""
        return self.root / "decisions"

    @property
    def receipts(self) -> Path:
        """What became of each delivery, one file each, for whoever sent it."""
        return self.root / "receipts"

    @property
    def spill(self) -> Path:
        """Where DuckDB may spill."""
        return self.root / "spill"

    @property
    def keys(self) -> Path:
        """The keys of pseudonyms and encryption; elsewhere where CATCHMENT_KEYS says so."""
        return settings().keys or self.root / "keys"

    @property
    def prefect(self) -> Path:
        """Prefect's own database and settings."""
        return self.root / "prefect"

    def _private(self) -> tuple[Path, ...]:
        return (self.landing, self.decisions, self.receipts, self.spill, self.prefect)

    def prepare(self) -> "Home":
        """Create what is missing, and close it and whatever this process writes to others.

        Raises:
            HomeRefused: if the root cannot be created or written.
        """
        fault = None
        os.umask(0o077)
        try:
            for folder in (self.root, *self._private()):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.root.chmod(0o700)
            self.published.parent.mkdir(exist_ok=True)
            self.published.parent.chmod(0o755)
        except OSError as err:
            fault = err.strerror
        if fault is None and not os.access(self.root, os.W_OK):
            fault = "not writable"
        if fault is not None:
            raise HomeRefused(f"home {self.root}: {fault}; name another folder with --home")
        return self


def restoring(home: Home) -> Path:
    """The mark of a restore that has not come to its end."""
    return home.root / ".restoring"


_held: set[Path] = set()


@contextmanager
def one_night(home: Home, who: str) -> Iterator[None]:
    """Hold the home's lock, so that no two nights run at once.

    The lock is the kernel's: it ends with the process that holds it, however that ends. Within
    that process it may be taken again.

    Raises:
        HomeRefused: if a restore into the home was stopped.
        NightBusy: naming the night that holds it.
    """
    if home.root in _held:
        yield
        return
    if restoring(home).exists():
        raise HomeRefused(
            f"home {home.root}: a restore into it was stopped; begin it again with "
            "`catchment restore`"
        )
    with (home.root / "lock").open("a+", encoding="utf-8") as lock:
        holder = ""
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            holder = lock.read().strip() or "another process"
        if holder:
            raise NightBusy(f"home {home.root} is held by {holder}; wait for it to end")
        lock.truncate(0)
        lock.write(f"{who}, process {os.getpid()}")
        lock.flush()
        _held.add(home.root)
        try:
            yield
        finally:
            _held.discard(home.root)
