"""What a base installation leaves out: a package that is missing is named with the command that installs it; and what an
installation has, but an import does without."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from pathlib import Path
from threading import get_ident
from types import ModuleType

from soundtracks.errors import BadInput, MissingExtra, NeedsCheckout

#: Top-level module -> the extra of pyproject.toml that brings it.
EXTRA_OF = {
    "prefect": "prefect",
    "yaml": "prefect",
    "pyspark": "spark",
    "azure": "azure",
    "great_expectations": "validation",
    "starlette": "serve",
    "uvicorn": "serve",
    "matplotlib": "serve",
    "datasette": "browse",
    "deltalake": "catalogue",
}
#: Packages that stand beside `soundtracks` in the repository and in no wheel.
CHECKOUT_ONLY = ("expectations", "flows", "sandbox", "tasks")

HOME = Path(__file__).resolve().parents[1]


@contextmanager
def named_extras() -> Iterator[None]:
    """Around what imports optional packages. Raises MissingExtra or NeedsCheckout instead of ModuleNotFoundError."""
    try:
        yield
    except ModuleNotFoundError as error:
        if named := _named(error):
            raise named from error
        raise


def _named(error: ModuleNotFoundError) -> BadInput | None:
    """Our error for a module that is missing; None for one that no extra brings: then something is broken."""
    package = (error.name or "").partition(".")[0]
    if package in CHECKOUT_ONLY:
        return NeedsCheckout("This command")
    return MissingExtra(EXTRA_OF[package], package) if package in EXTRA_OF else None


def require_checkout(command: str) -> None:
    """Raises NeedsCheckout where flows, infra and sandbox are not beside the package: after `pip install soundtrack-links`."""
    if not (HOME / "prefect.yaml").is_file():
        raise NeedsCheckout(command)


@contextmanager
def hidden(names: Sequence[str]) -> Iterator[None]:
    """Within it this thread's imports do not find these modules, nor what is in them, unless they are loaded already; other
    threads' do, and afterwards the next import of one is an ordinary one. For libraries that import more than they need."""
    finder = _Hiding(names)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _Hiding(MetaPathFinder):
    def __init__(self, names: Sequence[str]) -> None:
        self._names, self._thread = names, get_ident()

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:
        if get_ident() == self._thread and any(f"{fullname}.".startswith(f"{name}.") for name in self._names):
            raise ModuleNotFoundError(f"{fullname} is not needed here", name=fullname)
