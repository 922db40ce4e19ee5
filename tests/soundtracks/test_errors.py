import ast
import re
from pathlib import Path

import pytest

from soundtracks import errors
from soundtracks.errors import AzureError, BadInput, MissingExtra, MissingSetting, NeedsCheckout, SoundtracksError, SourceError

ROOT = Path(__file__).parents[2]
PACKAGES = ("soundtracks", "flows", "tasks", "expectations", "sandbox")


def drawn() -> dict[str, tuple[str, str]]:
    """Class -> (base, file where it is not errors.py), as the drawing in errors.py has them."""
    path: list[str] = []
    tree = {}
    for line in (errors.__doc__ or "").splitlines():
        if not (found := re.match(r"(?P<branch>[│├└─ ]*)(?P<name>[A-Z]\w+) {2,}(?P<text>.*)$", line)):
            continue
        depth = len(found["branch"]) // 4
        path[depth:] = [found["name"]]
        file = re.search(r"\[(soundtracks/.*)\]$", found["text"])
        tree[found["name"]] = (path[depth - 1] if depth else "Exception", file[1] if file else "soundtracks/errors.py")
    return tree


def written() -> dict[str, tuple[str, str]]:
    """The same out of the code."""
    found: dict[str, tuple[str, str]] = {}
    classes = [
        (node.name, base.id, file.relative_to(ROOT).as_posix())
        for package in PACKAGES
        for file in sorted((ROOT / package).rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.ClassDef)
        for base in node.bases
        if isinstance(base, ast.Name)
    ]
    known = {"SoundtracksError"}
    while len(known) > len(found):
        found = {name: (base, file) for name, base, file in classes if name in known}
        known |= {name for name, base, _ in classes if base in known}
    return found


@pytest.mark.slow
def test_the_drawing_is_the_classes() -> None:
    assert drawn() == written()


@pytest.mark.slow
def test_no_two_classes_share_a_name() -> None:
    tree = written()
    names = [
        node.name
        for package in PACKAGES
        for file in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.ClassDef) and node.name in tree
    ]
    assert sorted(names) == sorted(tree)


@pytest.mark.parametrize(
    ("error", "code"), [(SoundtracksError, 1), (BadInput, 2), (MissingSetting, 2), (AzureError, 1), (SourceError, 1)]
)
def test_exit_codes(error: type[SoundtracksError], code: int) -> None:
    assert error.exit_code == code


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (SoundtracksError("It failed."), "It failed."),
        (SoundtracksError("It failed.", hint="Try again."), "It failed. Try again."),
        (MissingSetting("TMDB_TOKEN", "TMDB answers nobody without."), "Set TMDB_TOKEN in the environment or in .env."),
        (MissingExtra("spark", "pyspark"), "Install it: pip install 'soundtrack-links[spark]'"),
        (NeedsCheckout("soundtracks up"), "soundtracks up needs a checkout of the repository"),
        (SourceError("tmdb", "no answer"), "tmdb: no answer"),
    ],
)
def test_a_message_says_what_happened_and_what_to_do(error: SoundtracksError, text: str) -> None:
    assert text in str(error)
