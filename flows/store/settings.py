"""What the machine gives, never a region: where things are, how much to take, the time."""

import os
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


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
