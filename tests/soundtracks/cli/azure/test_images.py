"""The images of `soundtracks azure up`, and the base that they are built from."""

import pytest

from soundtracks.cli.azure import az
from soundtracks.cli.azure.images import BASE_IMAGE, MIRROR
from soundtracks.errors import BadInput

pytestmark = pytest.mark.slow


def builds(world) -> list[list[str]]:
    return [c["arguments"] for c in world.state["calls"] if c["arguments"][:2] == ["acr", "build"]]


def sources(world) -> list[str]:
    found = [c["arguments"] for c in world.state["calls"] if c["arguments"][:2] == ["acr", "import"]]
    return [call[call.index("--source") + 1] for call in found]


class TestBaseImage:
    """Docker Hub limits what it gives to Azure's shared addresses: it is asked once, and the build names a digest."""

    DIGEST = "a" * 64

    def test_both_images_are_built_from_a_digest_in_the_own_registry(self, world, call):
        call("up", "--yes")
        assert sources(world) == [BASE_IMAGE]
        base = "BASE_IMAGE=sndtrktest.azurecr.io/base/python@sha256:of-base/python:3.11-slim-bookworm"
        assert [(c[c.index("--target") + 1], base in c) for c in builds(world)] == [("small", True), ("match", True)]

    @pytest.mark.parametrize(
        ("named", "image"),
        [
            (MIRROR, "base/python:3.11-slim-bookworm"),
            (f"mirror.example/library/python@sha256:{DIGEST}", "base/python:aaaaaaaaaaaa"),
            (f"mirror.example/library/python:3.11@sha256:{DIGEST}", "base/python:aaaaaaaaaaaa"),
            ("mirror.example:5000/python", "base/python:latest"),
        ],
    )
    def test_a_mirror_is_named_by_a_variable(self, world, call, monkeypatch, named, image):
        monkeypatch.setenv("SOUNDTRACKS_BASE_IMAGE", named)
        call("up", "--yes")
        assert sources(world) == [named]
        assert all(f"BASE_IMAGE=sndtrktest.azurecr.io/base/python@sha256:of-{image}" in c for c in builds(world))

    def test_one_in_the_own_registry_is_taken_as_it_is(self, world, call, monkeypatch):
        monkeypatch.setenv("SOUNDTRACKS_BASE_IMAGE", f"sndtrktest.azurecr.io/ours/python@sha256:{self.DIGEST}")
        call("up", "--yes")
        assert sources(world) == []
        assert all(f"BASE_IMAGE=sndtrktest.azurecr.io/ours/python@sha256:{self.DIGEST}" in c for c in builds(world))

    def test_a_name_without_a_registry_is_refused_before_the_build(self, world, call, monkeypatch):
        monkeypatch.setenv("SOUNDTRACKS_BASE_IMAGE", "python:3.11")
        done = call("up", "--yes")
        assert isinstance(done.exception, BadInput)
        assert builds(world) == []

    LIMIT = "ERROR: toomanyrequests: You have reached your unauthenticated pull rate limit."

    def test_a_limit_is_passed_over_when_an_earlier_base_is_there(self, world, call):
        world.set(images=["base/python:3.11-slim-bookworm"], fail={"acr import": self.LIMIT})
        assert call("up", "--yes").exit_code == 0
        assert len(builds(world)) == 2

    def test_a_limit_without_a_base_is_waited_for_and_names_the_mirror(self, world, call):
        world.set(fail={"acr import": self.LIMIT})
        done = call("up", "--yes")
        assert done.exit_code == 0
        assert "It passes by itself" in done.output
        assert MIRROR in az.Refused(self.LIMIT).hint
