"""A three-hospital region after one night, its next night's extracts, and how that one ends."""

import hashlib
import json
import re
import shutil
from datetime import date
from functools import partial
from pathlib import Path

from process import Child, Ended

CONFIG = Path(__file__).parents[2] / "config"
FIRST, SECOND = date(2026, 2, 10), date(2026, 2, 11)
HORIZON_DAYS = 2


class Scene:
    """Folders of one round of faults; ``home(n)`` is a new copy of the home to break."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.template, self.wanted = folder / "template", {}
        self.old, self.new = folder / "old", folder / "new"
        self.region = folder / "config" / "region.toml"

    def prepare(self) -> "Scene":
        self.folder.mkdir(parents=True, exist_ok=True)
        self._configure()
        self._must(Child(self._write_samples, self.folder / "sample.log"))
        self._must(self.night(self.template, self.old, FIRST))
        undisturbed = self.home("undisturbed")
        self._must(self.night(undisturbed, self.new, SECOND))
        self.seconds = self._last
        self.wanted = self.figures(undisturbed)
        self._must(Child(partial(self._verify, undisturbed), self.folder / "verify.log"))
        shutil.rmtree(undisturbed)
        return self

    def steps(self) -> int:
        """How many steps a night of the region has."""
        from flows.night.steps import steps
        from flows.store.night import load_region

        return len(steps(load_region(self.region).feeds))

    def home(self, name: str) -> Path:
        place = self.folder / name
        shutil.copytree(self.template, place, symlinks=True)
        return place

    def beside(self, home: Path, suffix: str) -> Path:
        """A file about a home, outside it and outside a disk of its own."""
        own = home if home.parent == self.folder else home.parent
        return self.folder / (own.name + suffix)

    def night(self, home: Path, extracts: Path, day: date, wrap=None) -> Child:
        """A process that runs a night; ``wrap`` says how it is disturbed."""

        def work() -> None:
            self.run(home, extracts, day)

        return Child(wrap(work) if wrap else work, self.beside(home, ".log"))

    def run(self, home: Path, extracts: Path, day: date, region: Path | None = None) -> None:
        """A night in this process, without Prefect."""
        import flows.ingest.landing
        from flows.night.orchestrate import run_night

        flows.ingest.landing.SETTLED_S = 0
        run_night(region or self.region, extracts, home, day, plain=True)

    def second(self, home: Path, wrap=None) -> Child:
        """The night that faults disturb."""
        return self.night(home, self.new, SECOND, wrap)

    def rebuilt(self, home: Path) -> Ended:
        def work() -> None:
            from flows.clerk.rebuild import rebuild
            from flows.store.home import Home

            rebuild(Home(home), self.region, plans=False)

        return Child(work, self.beside(home, ".log")).wait()

    def figures(self, home: Path) -> dict[str, str]:
        """Hashes of the published tables and of the warehouse's, but for operations."""
        ended = Child(partial(self._tell, home), self.beside(home, ".log")).wait()
        assert ended.done, f"figures: {ended.said[-800:]}"
        return self._told(home)

    def ends_as_undisturbed(self, home: Path) -> None:
        """Run the night again; it must complete, and every table must be as wanted."""

        def work() -> None:
            self.run(home, self.new, SECOND)
            self._tell(home)

        again = Child(work, self.beside(home, ".log")).wait()
        assert again.done, f"the next run failed ({again.code}): {again.said[-800:]}"
        found = self._told(home)
        other = sorted(t for t in self.wanted if found.get(t) != self.wanted[t])
        assert not other, f"tables differ from an undisturbed night: {', '.join(other)}"

    def _tell(self, home: Path) -> None:
        """Write the hashes down: of a published file that is whole, beside an audit log that is."""
        from flows.publish.keep import damaged
        from flows.store.audit_log import verify_log
        from flows.store.fingerprint import fingerprint, warehouse_fingerprint
        from flows.store.home import Home
        from schemas.errors import HomeRefused

        place = Home(home)
        if damaged(place):
            raise HomeRefused("the published file is none that was published")
        verify_log(place)
        tables = warehouse_fingerprint(place)
        kept = {t: h for t, h in tables.items() if not t.startswith("ops.")}
        kept.pop("results.plan_seconds", None)
        told = {**fingerprint(place.published), **kept}
        self.beside(home, ".json").write_text(json.dumps(told))

    def _told(self, home: Path) -> dict[str, str]:
        answer = self.beside(home, ".json")
        told = json.loads(answer.read_text())
        answer.unlink()
        return told

    def _verify(self, home: Path) -> None:
        from flows.publish.verify import verify_published
        from flows.store.home import Home

        verify_published(Home(home))

    def is_kept(self, home: Path, found: bytes) -> bool:
        """Are these the bytes of the second night, as its manifest says?"""
        kept = [json.loads(p.read_text()) for p in home.glob("published/nights/*.json")]
        nights = {m["sha256"]: m["night"] for m in kept}
        return nights.get(hashlib.sha256(found).hexdigest()) == SECOND.isoformat()

    def published(self, home: Path) -> Path:
        return home / "published" / "catchment.duckdb"

    def _must(self, child: Child) -> None:
        ended = child.wait()
        self._last = ended.seconds
        assert ended.done, f"the scene could not be prepared: {ended.said[-1500:]}"

    def _configure(self) -> None:
        self.region.parent.mkdir()
        text = (CONFIG / "demo.toml").read_text(encoding="utf-8")
        short = re.sub(r"(?m)^horizon_days = 7\b", f"horizon_days = {HORIZON_DAYS}", text)
        short = short.replace("compare_settings = true", "compare_settings = false")
        self.region.write_text(short, encoding="utf-8")
        shutil.copytree(CONFIG / "feeds", self.region.parent / "feeds")

    def _write_samples(self) -> None:
        from flows.clerk.sample import write_sample

        write_sample(self.old, seed=1, institutions=3, days=28)
        shutil.copytree(self.old, self.new)
        for kind in ("encounter", "capacity"):
            (before,) = self.new.glob(f"*{kind}_2026-02-10.csv")
            lines = before.read_text(encoding="utf-8").splitlines(keepends=True)
            kept = [line for n, line in enumerate(lines) if n == 0 or n % 50]
            after = before.with_name(before.name.replace("2026-02-10", "2026-02-11"))
            after.write_text("".join(kept), encoding="utf-8")
