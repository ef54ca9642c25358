"""A software bill of materials (CycloneDX 1.5) of what requirements.lock pins.

``python -m flows.docs.sbom requirements.lock sbom.json``
"""

import json
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)")
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
VIA = re.compile(r"^\s+#\s+(?:via\s+)?([A-Za-z0-9._-]+)(?:\s+\(.*\))?\s*$")


@dataclass(slots=True)
class Package:
    """One pinned package: its hashes, and the packages that ask for it."""

    name: str
    version: str
    hashes: list[str] = field(default_factory=list)
    wanted_by: list[str] = field(default_factory=list)

    @property
    def reference(self) -> str:
        """Its package URL."""
        return f"pkg:pypi/{self.name.lower().replace('_', '-')}@{self.version}"


def packages(lock: str) -> list[Package]:
    """Every package that a lock file pins, in its order."""
    found: list[Package] = []
    for line in lock.splitlines():
        if pinned := PIN.match(line):
            found.append(Package(pinned[1], pinned[2]))
        elif found and (hashed := HASH.search(line)):
            found[-1].hashes.append(hashed[1])
        elif found and (wanted := VIA.match(line)) and wanted[1] != "via":
            found[-1].wanted_by.append(wanted[1])
    return found


def bill(lock: str, version: str) -> dict[str, Any]:
    """The bill of materials of Catchment at ``version``."""
    known = packages(lock)
    own = f"pkg:pypi/catchment@{version}"
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "name": "catchment",
                "version": version,
                "bom-ref": own,
                "purl": own,
            }
        },
        "components": [_component(package) for package in known],
        "dependencies": _dependencies(known, own),
    }


def _component(package: Package) -> dict[str, Any]:
    return {
        "type": "library",
        "name": package.name,
        "version": package.version,
        "bom-ref": package.reference,
        "purl": package.reference,
        "hashes": [{"alg": "SHA-256", "content": content} for content in package.hashes],
    }


def _dependencies(known: list[Package], own: str) -> list[dict[str, Any]]:
    names = {package.name: package.reference for package in known}
    asks: dict[str, list[str]] = {own: [], **{reference: [] for reference in names.values()}}
    for package in known:
        for wanted_by in package.wanted_by:
            asks[names.get(wanted_by, own)].append(package.reference)
    return [{"ref": ref, "dependsOn": sorted(set(on))} for ref, on in asks.items()]


def main() -> None:
    """Write the bill of the lock file named first to the file named second."""
    from importlib.metadata import version

    lock, target = Path(sys.argv[1]), Path(sys.argv[2])
    made = bill(lock.read_text(encoding="utf-8"), version("catchment"))
    target.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
    print(f"{target}: {len(made['components'])} packages")


if __name__ == "__main__":
    main()
