"""`soundtracks run` before a run starts, and what it prints after one; the run itself: tests/test_end_to_end.py."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID, uuid4

import pytest
from prefect.client.schemas.filters import FlowRunFilter
from prefect.client.schemas.objects import FlowRun, State
from prefect.states import Cancelled
from rich.console import Console

from soundtracks.cli import main, run
from soundtracks.lake.lake import Lake
from soundtracks.metrics import RunMetrics, SourceMetrics
from soundtracks.settings import get_settings


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """No stack, no keys, an empty lake; a server that is named but not asked."""
    for name in ("TMDB_TOKEN", "DISCOGS_TOKEN", "DISCOGS_KEY", "DISCOGS_SECRET"):
        monkeypatch.delenv(f"SOUNDTRACKS_{name}", raising=False)
    monkeypatch.chdir(tmp_path)  # no .env
    monkeypatch.setenv("SOUNDTRACKS_STACK_FOLDER", str(tmp_path / "stack"))
    monkeypatch.setenv("SOUNDTRACKS_LAKE_URL", str(tmp_path / "lake"))
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    monkeypatch.setenv("COLUMNS", "300")
    get_settings.cache_clear()
    yield tmp_path
    get_settings.cache_clear()


def soundtracks(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """Exit code and what stands on stderr, through the real entry point."""
    monkeypatch.setattr("sys.argv", ["soundtracks", *arguments])
    with pytest.raises(SystemExit) as ended:
        main.main()
    return int(ended.value.code or 0), " ".join(capsys.readouterr().err.split())


def test_without_a_server_it_says_how_to_start_one(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("PREFECT_API_URL")
    code, told = soundtracks(monkeypatch, capsys, "run", "films.csv")
    assert code == 1
    assert "No Prefect server is running." in told
    assert "soundtracks up --sample" in told


@pytest.mark.parametrize(
    ("plan", "tmdb_token", "missing"),
    [
        ("auto", None, "SOUNDTRACKS_TMDB_TOKEN"),
        ("auto", "x", "SOUNDTRACKS_DISCOGS_TOKEN"),
        ("dump", None, "SOUNDTRACKS_TMDB_TOKEN"),
    ],
)
def test_a_missing_key_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], plan: str, tmdb_token: str | None, missing: str
) -> None:
    if tmdb_token:
        monkeypatch.setenv("SOUNDTRACKS_TMDB_TOKEN", tmdb_token)
    code, told = soundtracks(monkeypatch, capsys, "run", "films.csv", "--plan", plan)
    assert code == 2
    assert f"MissingSetting: {missing} is not set" in told
    assert "soundtracks up --sample" in told


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("none.csv", None, "There is no title file"),
        ("empty.csv", b"", "empty.csv is empty."),
        ("games.csv", b"game,platforms\nBlade Runner,PC\n", "games.csv has no film: 1 game."),
        ("other.csv", b"x,y\nFoo,Bar\n", "other.csv: no column can be told to be the title; it has: x, y."),
    ],
)
def test_a_bad_title_file_is_told_before_a_run_starts(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    alone: Path,
    name: str,
    content: bytes | None,
    message: str,
) -> None:
    monkeypatch.setenv("SOUNDTRACKS_TMDB_TOKEN", "x")
    if content is not None:
        (alone / name).write_bytes(content)
    code, told = soundtracks(monkeypatch, capsys, "run", name, "--plan", "dump")
    assert code == 2
    assert f"Titles: {message}" in told
    assert not (alone / "lake" / "uploads").exists(), "nothing half-written"


def test_an_unknown_plan_is_bad_usage(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    code, told = soundtracks(monkeypatch, capsys, "run", "films.csv", "--plan", "guess")
    assert code == 2
    assert "'guess' is not one of" in told


def test_the_summary_tells_the_plan_and_an_early_end() -> None:
    discogs = SourceMetrics(
        requests=7, cache_hits=3, plan="sweep", plan_reason="it takes fewer", interrupted="12 attempts failed"
    )
    metrics = RunMetrics(run_id="r1", started=datetime(2026, 11, 24, tzinfo=UTC), extraction={"discogs": discogs})
    rows = dict(run.summary_rows(metrics))
    assert rows["requests to discogs"] == "7 (and 3 answers from earlier runs)"
    assert rows["albums by"] == "sweep: it takes fewer"
    assert rows["discogs ended early"] == "12 attempts failed"


class Server:
    """A Prefect server that makes the run, and whose answer is interrupted on its way."""

    def __init__(self, interruption: BaseException, makes_the_run: bool) -> None:
        self.interruption = interruption
        self.makes_the_run = makes_the_run
        self.keys: dict[str, FlowRun] = {}
        self.set: list[tuple[UUID, str]] = []

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *args: object) -> None: ...

    def read_deployment_by_name(self, name: str) -> SimpleNamespace:
        return SimpleNamespace(id=uuid4())

    def create_flow_run_from_deployment(
        self, deployment: UUID, *, parameters: dict[str, object], idempotency_key: str
    ) -> FlowRun:
        if self.makes_the_run:
            self.keys[idempotency_key] = FlowRun(id=uuid4(), flow_id=uuid4(), state=Cancelled())
        raise self.interruption

    def read_flow_runs(self, flow_run_filter: FlowRunFilter) -> list[FlowRun]:
        wanted = flow_run_filter.idempotency_key
        return [run for key, run in self.keys.items() if wanted and key in (wanted.any_ or [])]

    def set_flow_run_state(self, run: UUID, state: State) -> None:
        self.set.append((run, state.type.name))

    def read_flow_run(self, run: UUID) -> FlowRun:
        return next(made for made in self.keys.values() if made.id == run)


@pytest.mark.parametrize("interruption", [KeyboardInterrupt(), SystemExit(143)], ids=["Ctrl-C", "SIGTERM"])
@pytest.mark.parametrize("makes_the_run", [True, False])
def test_a_run_whose_creation_is_interrupted_is_cancelled_if_the_server_made_it(
    monkeypatch: pytest.MonkeyPatch, alone: Path, interruption: BaseException, makes_the_run: bool
) -> None:
    server = Server(interruption, makes_the_run)
    monkeypatch.setattr("prefect.client.orchestration.get_client", lambda sync_client: server)
    with pytest.raises(type(interruption)):
        run.start_and_follow(Lake(str(alone / "lake")), {"titles": "x"}, "link-soundtracks/local", Console())
    assert server.set == [(made.id, "CANCELLING") for made in server.keys.values()]
    assert len(server.set) == makes_the_run
