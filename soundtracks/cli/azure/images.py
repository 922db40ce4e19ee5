"""The two images of one commit, built in the registry, from a base that lies there too."""

import io
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from soundtracks.cli.azure.az import Refused
from soundtracks.cli.azure.az_answers import Image, Registry
from soundtracks.cli.azure.place import Place
from soundtracks.cli.stack import HOME
from soundtracks.errors import AzureError, BadInput

IMAGE = "soundtrack-links"
#: Target of docker/Dockerfile → what its tag has behind the commit. prefect.yaml and infra/ know the same.
TARGETS = {"small": "", "match": "-match"}
#: What both images are made from, unless SOUNDTRACKS_BASE_IMAGE names another, as a mirror's; name:tag or name@sha256:…
BASE_IMAGE = "docker.io/library/python:3.11-slim-bookworm"
#: The same image from a place that asks for no login and has limits of its own.
MIRROR = "public.ecr.aws/docker/library/python:3.11-slim-bookworm"


class Images:
    """`tag`: the commit."""

    def __init__(self, place: Place, tag: str) -> None:
        self._az, self._group, self._tag = place.az, place.group, tag

    def steps(self) -> Iterator[tuple[str, Callable[[], None]]]:
        """What is left to do, told and done; nothing where both images are there."""
        registry = next(iter(self._az.list(Registry, "acr", "list", "--resource-group", self._group)), None)
        if registry is None:
            raise AzureError(
                f"There is no registry in {self._group} to build the images in.", hint="`soundtracks azure up` again."
            )
        name, server = registry.name, registry.login_server
        missing = [target for target, suffix in TARGETS.items() if not self._digest(name, f"{IMAGE}:{self._tag}{suffix}")]
        if not missing:
            return
        base = _base(server)
        if base.source:
            yield f"fetching {base.source} into the registry", partial(self._import, name, base)
        for target in missing:
            image = f"{IMAGE}:{self._tag}{TARGETS[target]}"
            yield f"building {image} in Azure (ten minutes or so)", partial(self._build, name, server, base, target, image)

    def _import(self, registry: str, base: "_Base") -> None:
        """Asked for once a commit, so that Debian's updates come in. What Docker Hub refuses is passed over when an earlier one
        is there. Raises Refused."""
        try:
            self._az.text("acr", "import", "--name", registry, "--source", base.source, "--image", base.image, "--force")
        except Refused:
            if not self._digest(registry, base.image):
                raise

    def _build(self, registry: str, server: str, base: "_Base", target: str, image: str) -> None:
        found = f"{server}/{base.name}@{self._digest(registry, base.image)}" if base.source else base.image
        with tempfile.TemporaryDirectory(prefix="image-") as folder:
            export(Path(folder))
            self._az.text(
                "acr", "build", "--registry", registry, "--image", image, "--file", str(Path(folder, "docker", "Dockerfile")),
                "--target", target, "--build-arg", f"COMMIT={self._tag}", "--build-arg", f"BASE_IMAGE={found}", folder,
            )  # fmt: skip

    def _digest(self, registry: str, image: str) -> str:
        """Of an image in the registry; empty when it is not there."""
        found = self._az.find(Image, "acr", "repository", "show", "--name", registry, "--image", image)
        return found.digest if found else ""


class _Base:
    """`image`: the base, as the registry calls it. `source`: where it is fetched from; empty where it is in the registry."""

    def __init__(self, image: str, source: str = "") -> None:
        self.image, self.source = image, source
        self.name = image.partition(":")[0]


def _base(server: str) -> _Base:
    wanted = os.environ.get("SOUNDTRACKS_BASE_IMAGE") or BASE_IMAGE
    if wanted.startswith(f"{server}/"):
        return _Base(wanted)
    name, _, digest = wanted.partition("@sha256:")
    name, _, tag = name.partition(":") if "/" not in name.rpartition(":")[2] else (name, "", "latest")
    if "." not in name.partition("/")[0]:
        raise BadInput(f"SOUNDTRACKS_BASE_IMAGE={wanted} names no registry.", hint=f"For example {MIRROR}.")
    return _Base(f"base/{name.rpartition('/')[2]}:{digest[:12] or tag}", wanted)


def commit() -> str:
    """The images' tag. Raises BadInput outside a git checkout."""
    found = subprocess.run(["git", "-C", str(HOME), "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True)
    if found.returncode:
        raise BadInput("This is not a git checkout; the image's tag is its commit.", hint="Clone the repository, call it there.")
    return found.stdout.strip()


def export(folder: Path) -> None:
    """The files of the commit, as the images' context. `az acr build` would send the whole checkout, .env included: it looks
    for .dockerignore beside the sources only."""
    packed = subprocess.run(["git", "-C", str(HOME), "archive", "--format=tar", "HEAD"], capture_output=True, check=True)
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as files:
        files.extractall(folder, filter="data")
    shutil.copy(folder / "docker" / "Dockerfile.dockerignore", folder / ".dockerignore")
