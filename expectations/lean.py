"""Great Expectations, imported without what rules over data frames do not need: each run waits a third as long for it."""

import gc
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from threading import get_ident
from types import ModuleType
from typing import Any

from soundtracks.extras import hidden

#: Engines and storages beside pandas. They are optional parts of Great Expectations, which does without those that cannot be
#: imported (its package `compatibility`).
OPTIONAL = ("pyspark", "sqlalchemy", "azure.identity", "azure.keyvault", "azure.storage", "google", "boto3", "botocore")
#: A part that another one needs, once that is loaded: Spark's client ends the whole process where it finds no Google.
NEEDED_BY = {"google": "pyspark"}
#: What only rules over distributions need: none of ours. Imported when one uses it.
RARELY_USED = ("scipy.stats", "altair")


@contextmanager
def lean_import() -> Iterator[None]:
    """Within it this thread's imports find no OPTIONAL part that is not loaded yet, and stand-ins for those RARELY_USED.

    Nothing of it stays, so that the next import of one of these is an ordinary one; other threads' are so all the time.
    Python's search for cyclic garbage waits: thousands of classes are made, and none of them is any.
    """
    optional = [name for name in OPTIONAL if name not in sys.modules and NEEDED_BY.get(name) not in sys.modules]
    later = [name for name in RARELY_USED if name not in sys.modules]
    finder, was_on = _StandInFinder(later), gc.isenabled()
    gc.disable()
    sys.meta_path.insert(0, finder)
    try:
        with hidden(optional):
            yield
    finally:
        sys.meta_path.remove(finder)
        for name in later:
            _forget(name)
        if was_on:
            gc.enable()


class _StandInFinder(MetaPathFinder):
    """Has stand-ins for the modules that this thread rarely uses."""

    def __init__(self, later: Sequence[str]) -> None:
        self._later, self._thread = later, get_ident()

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        return ModuleSpec(fullname, _StandInLoader()) if get_ident() == self._thread and fullname in self._later else None


class _StandInLoader(Loader):
    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _StandIn(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        pass


class _StandIn(ModuleType):
    """In place of a module that is imported when something of it is used."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # the import system asks for such things
            raise AttributeError(name)
        _forget(self.__name__)
        return getattr(import_module(self.__name__), name)


def _forget(name: str) -> None:
    """Takes a stand-in out of the loaded modules; the module itself stays."""
    package, _, child = name.rpartition(".")
    if isinstance(sys.modules.get(name), _StandIn):
        del sys.modules[name]
    if package in sys.modules and isinstance(vars(sys.modules[package]).get(child), _StandIn):
        delattr(sys.modules[package], child)
