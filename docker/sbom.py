"""What wheel and image are made of, as CycloneDX documents: `make sbom` writes sbom/wheel.cdx.json and sbom/image.cdx.json.

Both hold every locked Python package with its hashes, from requirements.lock and pyproject.toml. The image's adds the base that
the Dockerfile names, and each Debian package where the dpkg status of a built image is given (`make image` puts it there).
"""

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HOME = Path(__file__).parents[1]
CYCLONEDX = Path(sys.executable).with_name("cyclonedx-py")


def wheel() -> dict[str, Any]:
    """The locked packages. Raises CalledProcessError where the tool refuses the lock file, or makes an invalid document of it."""
    command = [CYCLONEDX, "requirements", "requirements.lock", "--pyproject", "pyproject.toml", "--mc-type", "application"]
    command += ["--output-reproducible", "--of", "JSON", "--validate"]
    made = subprocess.run(command, cwd=HOME, check=True, capture_output=True, text=True)
    document: dict[str, Any] = json.loads(made.stdout)
    return document


def image(packages: dict[str, Any], base: str, status: str) -> dict[str, Any]:
    """The document of the image. `base`: its reference. `status`: content of /var/lib/dpkg/status; empty where none was built."""
    name, _, digest = base.partition("@")
    name, _, tag = name.partition(":") if "/" not in name.rpartition(":")[2] else (name, "", "")
    part: dict[str, Any] = {"type": "container", "bom-ref": "base", "name": name, "version": digest or tag}
    if digest:
        part["hashes"] = [{"alg": "SHA-256", "content": digest.removeprefix("sha256:")}]
    metadata = packages["metadata"] | {"component": packages["metadata"]["component"] | {"type": "container"}}
    return packages | {"metadata": metadata, "components": [part, *debian(status), *packages.get("components", [])]}


def debian(status: str) -> Iterator[dict[str, Any]]:
    """The installed packages of a dpkg status file."""
    for paragraph in status.split("\n\n"):
        fields = dict(re.findall(r"^([A-Za-z-]+): (.*)$", paragraph, re.MULTILINE))
        if fields.get("Status", "").endswith(" installed"):
            name, version, architecture = fields["Package"], fields["Version"], fields["Architecture"]
            purl = f"pkg:deb/debian/{name}@{version.replace('+', '%2B').replace(':', '%3A')}?arch={architecture}"
            reference = f"{name}:{architecture}"
            yield {"type": "library", "bom-ref": reference, "name": name, "version": version, "purl": purl}


def base_image() -> str:
    """The base that the Dockerfile takes where none is given."""
    found = re.search(r"^ARG BASE_IMAGE=(\S+)$", (HOME / "docker" / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise SystemExit("docker/Dockerfile names no BASE_IMAGE.")
    return found[1]


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python docker/sbom.py", description=__doc__)
    parser.add_argument("--out", type=Path, default=HOME / "sbom", help="folder of the documents")
    parser.add_argument("--base", default=base_image(), help="the image's base: name@sha256:… in production")
    parser.add_argument("--status", type=Path, help="/var/lib/dpkg/status of the built image")
    given = parser.parse_args(arguments)
    given.out.mkdir(parents=True, exist_ok=True)
    packages = wheel()
    status = given.status.read_text(encoding="utf-8") if given.status and given.status.exists() else ""
    for name, document in {"wheel": packages, "image": image(packages, given.base, status)}.items():
        path = given.out / f"{name}.cdx.json"
        path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        sys.stdout.write(f"{path}: {len(document['components'])} components\n")


if __name__ == "__main__":
    main()
