"""Fixtures that all tests share."""

import faulthandler
import os
import signal
from collections.abc import Generator, Iterator
from pathlib import Path
from uuid import uuid4

import hypothesis
import pytest

from soundtracks.lake.lake import Lake
from soundtracks.lake.stores.blob import Blob
from tests.rigs.azurite import install, running

#: Rings of the suite, from the quickest: a test belongs to the last whose marker it has, to the first without any.
RINGS = ("fast", "slow", "spark", "browser", "server", "image")


#: Fixtures that start another program first: what needs one is not quick.
SLOW_FIXTURES = frozenset({"azurite"})


def ring(item: pytest.Item) -> str:
    marked = next((name for name in reversed(RINGS) if item.get_closest_marker(name)), "")
    return marked or ("fast" if SLOW_FIXTURES.isdisjoint(getattr(item, "fixturenames", ())) else "slow")


#: Standard error as it was before tests' output is caught.
STDERR = pytest.StashKey[int]()


def pytest_configure(config: pytest.Config) -> None:
    """A suite that a script starts in the background ignores Ctrl-C, one under `nohup` a closed terminal, and so would all that
    it starts: the tests that press it need the usual. A function as handler is not handed down to other programs."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, lambda number, frame: None)
    config.stash[STDERR] = os.dup(2)


#: Seconds from the end of the last test to the end of its process: servers, workers and containers end within a minute.
END_WITHIN = 600


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """A suite that does not end is ended, and says where it stood: the tests' own limit does not cover what fixtures do."""
    if nextitem is None:
        faulthandler.dump_traceback_later(END_WITHIN, exit=True, file=item.config.stash[STDERR])


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--ring", action="append", choices=RINGS, default=[], help="run the tests of this ring; repeat it for more")
    parser.addoption(
        "--messages", type=int, default=400, help="messages of the inbox's queue, a multiple of 200 (make soak: 2000)"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Quick tests first, so that what fails fails early."""
    chosen = config.getoption("--ring") or RINGS
    config.hook.pytest_deselected(items=[item for item in items if ring(item) not in chosen])
    items[:] = sorted((item for item in items if ring(item) in chosen), key=lambda item: RINGS.index(ring(item)))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None, object, object]:
    """No ring starts while one within it fails."""
    done = yield
    if nextitem and item.session.testsfailed and ring(item) != ring(nextitem):
        item.session.shouldfail = f"the ring {ring(item)} failed: the others were not run"
    return done


# A busy machine may stall for seconds at any point, and a test that failed must fail again when it is run again.
hypothesis.settings.register_profile(
    "tests", deadline=None, derandomize=True, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("tests")

#: Real data beside the project; tests that measure on it are skipped where it is missing.
SHARED_DATA = Path(__file__).parents[1].parent / "shared" / "data"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """An empty lake in a folder of this test."""
    return Lake(str(tmp_path / "lake"))


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The connection string of an Azurite for this session: Blob and Queue."""
    install()
    with running(tmp_path_factory.mktemp("azurite")) as service:
        yield service.connection_string


@pytest.fixture(params=["folder", pytest.param("blob", marks=pytest.mark.slow)])
def any_lake(request: pytest.FixtureRequest, tmp_path: Path) -> Lake:
    """An empty lake: once in a folder, once in Blob Storage (Azurite)."""
    if request.param == "folder":
        return Lake(str(tmp_path / "lake"))
    return blob_lake(request.getfixturevalue("azurite"))


def blob_lake(connection_string: str) -> Lake:
    """An empty lake in a container of its own."""
    lake = Lake(f"az://lake-{uuid4().hex[:8]}/some/prefix", connection_string=connection_string)
    assert isinstance(lake.store, Blob)
    lake.store.create()
    return lake


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A real Prefect server with an empty database, for the whole session."""
    from prefect.testing.utilities import prefect_test_harness  # takes seconds to import

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PREFECT_LOCAL_STORAGE_PATH", str(tmp_path_factory.mktemp("results")))
        with prefect_test_harness(server_startup_timeout=120):
            yield


@pytest.fixture
def messages(request: pytest.FixtureRequest) -> int:
    """How many messages the inbox's queue is given."""
    return int(request.config.getoption("--messages"))


@pytest.fixture
def shared_data() -> Path:
    """The real data beside the project."""
    if not SHARED_DATA.exists():
        pytest.skip("the evaluation data is not beside the project")
    return SHARED_DATA


@pytest.fixture(scope="session")
def image() -> str:
    """The match's container image of this checkout; only what changed since the last build is built."""
    return _built("match")


@pytest.fixture(scope="session")
def small_image() -> str:
    """The image of everything else; all its steps but the last are the match's, too."""
    return _built("small")


def _built(target: str) -> str:
    from tests.rigs.image import build, missing

    if reason := missing():
        pytest.skip(f"no container image can be built here: {reason}")
    return build("test", target)
