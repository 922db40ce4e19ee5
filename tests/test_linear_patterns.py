"""No text stops a run: every regular expression of the packages takes time in proportion to the text.

Titles, credits and names are written by strangers. A pattern that goes back over what it has read needs hours for a few
hundred blanks. All patterns are found here, so that a new one is not forgotten, and are given texts that are made from the
pattern itself to hurt it: what it looks for, parts of that, and what it repeats, again and again (rigs/growth.py).
"""

import ast
import importlib
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from soundtracks.matching import evidence, features, people, title_levels
from soundtracks.sources import discogs
from soundtracks.text import canonical, folding, readings
from soundtracks.text.search_wording import Wanted
from tests.rigs.growth import ALWAYS, Recipe, hurts, recipes, work_of

pytestmark = pytest.mark.slow

PACKAGES = ("soundtracks", "flows", "tasks", "expectations", "sandbox")
ROOT = Path(__file__).parents[1]


# finding the patterns ---------------------------------------------------------------------------------------------------


def modules() -> list[str]:
    """Names of all modules, none of which is imported for it."""
    paths = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    return [".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in paths]


def held(value: Any, seen: set[int]) -> Iterator[re.Pattern[Any]]:
    """Patterns in a value: itself, in a container, in an object of ours, in a class."""
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, dict):
        for item in (*value.keys(), *value.values()):
            yield from held(item, seen)
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            yield from held(item, seen)
    elif type(value).__module__.split(".")[0] in PACKAGES or (
        isinstance(value, type) and value.__module__.split(".")[0] in PACKAGES
    ):
        for item in getattr(value, "__dict__", {}).values():
            yield from held(item, seen)


def calls(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """How functions use patterns as they stand, re.sub("…", …), and what stands for the pattern."""
    for call in ast.walk(tree):
        if (
            isinstance(call, ast.Call)
            and isinstance(call.func, ast.Attribute)
            and isinstance(call.func.value, ast.Name)
            and call.func.value.id == "re"
            and call.func.attr not in ("escape", "compile")
            and call.args
        ):
            yield call.func.attr, call.args[0]


def written(tree: ast.Module, names: dict[str, Any]) -> Iterator[tuple[str, re.Pattern[Any]]]:
    """The patterns that functions write out, or put together of the constants of their module."""
    for method, expression in calls(tree):
        try:
            yield method, re.compile(eval(compile(ast.Expression(expression), "pattern", "eval"), dict(names)))
        except NameError:
            continue  # of a variable: see FROM_TABLES


def firsts(table: Any) -> Iterator[re.Pattern[Any]]:
    """The patterns of a table whose rows begin with them."""
    return (re.compile(row[0]) for row in table)


#: Modules whose functions take patterns out of tables, and how these are had.
FROM_TABLES: dict[str, Callable[[Any], Iterator[re.Pattern[Any]]]] = {
    "soundtracks.matching.spark.cluster": lambda module: firsts(module._FAILURES),
    "soundtracks.operations.crashes": lambda module: iter(()),  # reads 20,000 characters at most
    "soundtracks.operations.azure_failures": lambda module: iter(()),  # so does this
    "sandbox.faults": lambda module: iter(()),  # patterns and texts are both of our tests
}


#: What only looks at the start of a text, from which it may go back and stay linear.
FROM_THE_START = frozenset({"match", "fullmatch"})
METHODS = "search|match|fullmatch|findall|finditer|subn?|split"


@cache
def uses() -> dict[str, frozenset[str]]:
    """What is done anywhere with what bears a name."""
    text = "\n".join(path.read_text(encoding="utf-8") for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    found: dict[str, set[str]] = {}
    for name, method in re.findall(rf"\b(\w+)\.({METHODS})\b", text):
        found.setdefault(name, set()).add(method)
    return {name: frozenset(methods) for name, methods in found.items()}


def patterns(name: str) -> list[tuple[str, re.Pattern[Any], frozenset[str]]]:
    """The patterns of a module by the names in it, and what is done with each: {"search"} where nobody can tell.

    What it has of other modules is theirs.
    """
    module = importlib.import_module(name)
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    assigned = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    found: dict[str | bytes, tuple[str, re.Pattern[Any], frozenset[str]]] = {}
    seen: set[int] = set()
    for variable, value in vars(module).items():
        if variable in assigned or getattr(value, "__module__", None) == name:
            for pattern in held(value, seen):
                found.setdefault(pattern.pattern, (variable, pattern, uses().get(variable, frozenset({"search"}))))
    for method, pattern in written(tree, vars(module)):
        found.setdefault(pattern.pattern, ("in a function", pattern, frozenset({method})))
    for pattern in FROM_TABLES.get(name, lambda module: iter(()))(module):
        found.setdefault(pattern.pattern, ("in a table", pattern, frozenset({"search"})))
    return list(found.values())


# the tests ---------------------------------------------------------------------------------------------------------------


def test_patterns_are_found_wherever_they_stand() -> None:
    found = {pattern.pattern for name in modules() if name.startswith("soundtracks.") for _, pattern, _ in patterns(name)}
    assert readings._VOLUME.pattern in found  # in a module
    assert people.NAMES_NOBODY.python.pattern in found  # in an object
    assert r"( \(\d+\))?\*?$" in found  # in a function
    assert len(found) > 150


def test_no_pattern_is_hidden_in_a_variable() -> None:
    """Patterns that only a run puts together are those of FROM_TABLES, and each module of it has some or says why not."""
    hidden = set()
    for name in modules():
        path = ROOT / Path(*name.split("."))
        path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert not any(isinstance(node, ast.ImportFrom) and node.module == "re" for node in ast.walk(tree)), (
            f"{name}: import re itself"
        )
        made = [call for call in ast.walk(tree) if isinstance(call, ast.FunctionDef | ast.AsyncFunctionDef)]
        compiled = [
            call.args[0]
            for function in made
            for call in ast.walk(function)
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "re.compile" and call.args
        ]
        variables = [expression for _, expression in calls(tree)] + compiled
        top = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        constants = {
            target.id
            for statement in tree.body
            if isinstance(statement, ast.Assign)
            for target in statement.targets
            if isinstance(target, ast.Name)
        }
        for expression in variables:
            used = {node.id for node in ast.walk(expression) if isinstance(node, ast.Name)}
            if not used <= constants | ({"re"} - top):
                hidden.add(name)
    assert hidden == FROM_TABLES.keys() | {"soundtracks.text.patterns"}  # whose objects `held` finds


@pytest.mark.parametrize("module", modules())
def test_every_pattern_is_linear(module: str) -> None:
    for name, pattern, done in patterns(module):
        work = work_of(pattern, everywhere=not done <= FROM_THE_START)
        slow = next(filter(None, (hurts(work, recipe) for recipe in recipes(pattern))), "")
        assert slow == "", f"{name}: {pattern.pattern!r}"


@pytest.mark.parametrize(
    ("bad", "recipe"),
    [
        (r"ж\s*\s*\s*x", ("a ж", " ", "!")),
        (r"(a+)+b", ("", "a", "!")),
        (r"\s+x", ("", " ", "!")),
        (r"one.*two", ("", "one ", "!")),
    ],
)
def test_what_hurts_is_caught(bad: str, recipe: Recipe) -> None:
    pattern = re.compile(bad)
    assert recipe in recipes(pattern) or any(hurts(work_of(pattern), other) for other in recipes(pattern))
    assert hurts(work_of(pattern), recipe)


DUNE = Wanted(["Dune"])
#: Whatever reads a title or a credit.
READERS: dict[str, Callable[[str], object]] = {
    "read_album": readings.read_album,
    "film_keys": canonical._film_keys,
    "key": folding.key,
    "fold": folding.fold,
    "clean_artist": canonical.clean_artist,
    "credited": people.credited,
    "split_listed": lambda text: discogs.split_listed(text, {"hans zimmer"}, {"dune"}),
    "plausible": lambda text: discogs.plausible(discogs.FoundAlbum(id=1, type="release", title=text), DUNE),
    "beside_name": lambda text: title_levels.beside_name(folding.fold(text), "alien 3"),
    "album_features": lambda text: features.album_features(pa.table({"title": [text], "artist": [text]})),
}
#: Words of titles, again and again.
WORDY: list[Recipe] = [
    ("", f"{word}{gap}", end)
    for word in ("of", "score", "1", "soundtrack", "vol 1", "film", "music from", "a", "the musical", "broadway", "x (2)", '"')
    for gap, end in ((" ", "ж!"), (" - ", ""), (" / ", ""), (") (", ""), (" = ", "ж"))
] + [("music from ", "1 ", "x"), ("music from ", "of ", "x"), ("soundtrack - ", "score - ", "x"), ("x soundtrack ", "1 ", "")]


@pytest.fixture
def unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Readers that read all of a text, however long: it is not their limit that makes them quick."""
    monkeypatch.setattr(folding, "MAX_LENGTH", 10**6)


def forgetful(read: Callable[[str], object]) -> Callable[[str], object]:
    """The reader without what it remembers of texts that it has read."""
    caches = [
        value
        for module in (canonical, evidence, features, folding, people, readings)
        for value in vars(module).values()
        if hasattr(value, "cache_clear")
    ]

    def work(text: str) -> None:
        for cached in caches:
            cached.cache_clear()
        read(text)

    return work


@pytest.mark.usefixtures("unlimited")
@pytest.mark.parametrize("name", READERS)
def test_every_reader_is_linear(name: str) -> None:
    assert next(filter(None, (hurts(forgetful(READERS[name]), recipe) for recipe in (*ALWAYS, *WORDY))), "") == ""
