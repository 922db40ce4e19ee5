"""The SBOM names every locked package with its hashes, the image's base and its Debian packages, in valid CycloneDX."""

import importlib.util
import json
import re
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
_SPEC = importlib.util.spec_from_file_location("sbom", ROOT / "docker" / "sbom.py")
assert _SPEC
assert _SPEC.loader
sbom = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(sbom)

STATUS = """Package: openjdk-17-jre-headless
Status: install ok installed
Architecture: amd64
Version: 17.0.17+10-1~deb12u1

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1
"""
BASE = "docker.io/library/python:3.11-slim-bookworm@sha256:" + "a" * 64


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("sbom")
    (folder / "status").write_text(STATUS)
    sbom.main(["--out", str(folder), "--base", BASE, "--status", str(folder / "status")])
    return {path.name.partition(".")[0]: json.loads(path.read_text()) for path in folder.glob("*.cdx.json")}


def test_both_are_valid_cyclonedx(documents: dict[str, dict[str, Any]]) -> None:
    assert sorted(documents) == ["image", "wheel"]
    for document in documents.values():
        version = SchemaVersion.from_version(document["specVersion"])
        assert JsonStrictValidator(version).validate_str(json.dumps(document)) is None


def test_every_locked_package_is_there_with_its_hashes(documents: dict[str, dict[str, Any]]) -> None:
    locked = dict(re.findall(r"^([A-Za-z0-9._-]+)==([^ ;]+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE))
    for document in documents.values():
        found = {c["name"]: c for c in document["components"] if c.get("purl", "").startswith("pkg:pypi/")}
        assert {name: found[name]["version"] for name in locked} == locked
        hashes = [r.get("hashes") for name in locked for r in found[name]["externalReferences"] if r["type"] == "distribution"]
        assert len(hashes) >= len(locked)
        assert all(hashes)


def test_the_image_names_its_base_and_its_debian_packages(documents: dict[str, dict[str, Any]]) -> None:
    base, java, *_ = documents["image"]["components"]
    assert (base["name"], base["version"]) == ("docker.io/library/python", "sha256:" + "a" * 64)
    assert java["purl"] == "pkg:deb/debian/openjdk-17-jre-headless@17.0.17%2B10-1~deb12u1?arch=amd64"
    assert not any(c["name"] == "gone" for c in documents["image"]["components"])


def test_a_base_without_a_digest_is_named_by_its_tag() -> None:
    packages = {"metadata": {"component": {"name": "x", "type": "application"}}, "components": []}
    assert sbom.image(packages, sbom.base_image(), "")["components"][0]["version"] == "3.11-slim-bookworm"


def test_what_is_built_from_source_is_built_by_the_locked_setuptools() -> None:
    assert (ROOT / "docker" / "build.lock").read_text() in (ROOT / "requirements.lock").read_text()


@pytest.mark.parametrize("lock", ["docker/build.lock", "infra/checkov.lock", "tests/rigs/azurite/node.lock"])
def test_every_further_lock_has_hashes(lock: str) -> None:
    text = (ROOT / lock).read_text()
    pinned = re.findall(r"^\S+==\S+", text, re.MULTILINE)
    assert pinned
    assert len(re.findall(r"^\S+==[^\n]* \\\n    --hash=sha256:[0-9a-f]{64}", text, re.MULTILINE)) == len(pinned)
