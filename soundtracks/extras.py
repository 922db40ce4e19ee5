"""What a base installation leaves out: a package that is missing is named with the command that installs it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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
