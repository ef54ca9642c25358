"""Where things are done besides a night: backups, copies, small disks."""

import os
import shutil
import subprocess
import time
from contextlib import contextmanager, suppress
from pathlib import Path

MEGABYTE = 1 << 20
# Of a DuckDB file: three headers, then blocks.
HEADERS, BLOCK = 3 * 4096, 1 << 18


def back_up(home: Path) -> None:
    from flows.backup import keep_safe
    from flows.store.home import Home

    keep_safe(Home(home), home.with_suffix(".backups"))


def hold(home: Path, release: Path, writes: bool) -> None:
    """Open the warehouse as soon as nobody else has it, and keep it until told to let go."""
    import duckdb

    while not release.exists():
        with (
            suppress(duckdb.IOException),
            duckdb.connect(str(home / "warehouse.duckdb"), read_only=not writes),
        ):
            while not release.exists():
                time.sleep(0.02)
        time.sleep(0.002)


def restore_copy(home: Path, copy: Path) -> None:
    from flows.backup import restore
    from flows.protect.keys import Keys
    from flows.store.home import Home

    if not (copy / "keys").exists():
        shutil.copytree(home / "keys", copy / "keys")
    newest = sorted(home.with_suffix(".backups").glob("*.backup"))[-1]
    restore(newest, Home(copy), Keys(home / "keys"))


def used_places(home: Path) -> None:
    """Print where in the warehouse's file the blocks of its history begin."""
    import duckdb

    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as con:
        found = set()
        for table in ("encounter", "capacity", "population", "finance", "institution"):
            blocks = con.execute(f"SELECT block_id FROM pragma_storage_info('history.{table}')")
            found |= {HEADERS + b * BLOCK for (b,) in blocks.fetchall() if b and b >= 0}
    print(*sorted(found))


@contextmanager
def small_disk(home: Path, room: float):
    """The home on a disk of its own with so many megabytes left; gives its place there."""
    disk = home.with_name(home.name + "-disk")
    disk.mkdir()
    size = sum(p.stat().st_size for p in home.rglob("*") if p.is_file()) / MEGABYTE
    mounted(
        "mount", "-t", "tmpfs", "-o", f"size={int((size + room + 2) * 1024)}k", "none", str(disk)
    )
    try:
        shutil.copytree(home, disk / "home", symlinks=True)
        yield disk / "home"
    finally:
        mounted("umount", "-l", str(disk))


def may_mount() -> bool:
    """Does this account have the right to mount a small disk?"""
    return os.geteuid() == 0 and shutil.which("mount") is not None


def mounted(*command: str) -> None:
    """Run a command of the machine's that mounts."""
    subprocess.run(command, check=True, capture_output=True)
