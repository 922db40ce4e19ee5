"""`soundtracks run` before a run starts, and what it prints after one; the run itself: tests/test_end_to_end.py."""

import json
import signal
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from prefect.client.schemas.objects import State
from prefect.exceptions import ObjectNotFound
from prefect.states import AwaitingConcurrencySlot, Pending, Running, Scheduled
from rich.console import Console

from soundtracks.cli import main, run
from soundtracks.errors import BadInput, BadTitles, ServerError
from soundtracks.lake.lake import Lake
from soundtracks.lists.landed import read_landed
from soundtracks.operations.states import in_words, said
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
    assert f"Error: {missing} is not set" in told
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
    assert f"Error: {message}" in told
    assert not (alone / "lake" / "uploads").exists(), "nothing half-written"


def test_an_unknown_plan_is_bad_usage(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    code, told = soundtracks(monkeypatch, capsys, "run", "films.csv", "--plan", "guess")
    assert code == 2
    assert "'guess' is not one of" in told


class Server:
    """A Prefect server that makes the run, and whose answer is interrupted on its way."""

    def __init__(self, interruption: BaseException, makes_the_run: bool) -> None:
        self.interruption = interruption
        self.makes_the_run = makes_the_run
        self.runs: dict[str, dict[str, Any]] = {}  # by idempotency key
        self.cancelled: list[str] = []

    def __call__(self) -> httpx.Client:
        return httpx.Client(base_url="http://server.test/api", transport=httpx.MockTransport(self.answer))

    def answer(self, request: httpx.Request) -> httpx.Response:
        path, asked = request.url.path.removeprefix("/api"), json.loads(request.content or b"{}")
        if path == "/deployments/name/link-soundtracks/local":
            return httpx.Response(200, json={"id": "d1", "work_pool_name": "soundtracks"})
        if path == "/deployments/d1/create_flow_run":
            if self.makes_the_run:
                self.runs[asked["idempotency_key"]] = {"id": str(uuid4()), "name": asked["name"], "state": {"type": "CANCELLED"}}
            raise self.interruption
        if path == "/flow_runs/filter":
            (key,) = asked["flow_runs"]["idempotency_key"]["any_"]
            return httpx.Response(200, json=[run for of, run in self.runs.items() if of == key])
        (run,) = [run for run in self.runs.values() if run["id"] in path]
        if path.endswith("/set_state"):
            assert asked["state"]["type"] == "CANCELLING"
            self.cancelled.append(run["id"])
            return httpx.Response(201, json={"status": "ACCEPT"})
        return httpx.Response(200, json=run)

    @property
    def made(self) -> list[str]:
        return [run["id"] for run in self.runs.values()]


@pytest.mark.parametrize("interruption", [KeyboardInterrupt(), SystemExit(143)], ids=["Ctrl-C", "SIGTERM"])
@pytest.mark.parametrize("makes_the_run", [True, False])
def test_a_run_whose_creation_is_interrupted_is_cancelled_if_the_server_made_it(
    monkeypatch: pytest.MonkeyPatch, alone: Path, interruption: BaseException, makes_the_run: bool
) -> None:
    server = Server(interruption, makes_the_run)
    monkeypatch.setattr(run, "server", server)
    with pytest.raises(type(interruption)):
        run.start_and_follow(Lake(str(alone / "lake")), {"titles": "uploads/1/x.csv"}, "link-soundtracks/local", Console())
    assert {made["name"] for made in server.runs.values()} <= {"x.csv"}  # never a name that the server drew
    assert server.cancelled == server.made
    assert len(server.made) == makes_the_run


@pytest.mark.parametrize("makes_the_run", [True, False])
def test_a_server_that_goes_away_while_a_run_is_asked_for_is_told(
    monkeypatch: pytest.MonkeyPatch, alone: Path, makes_the_run: bool
) -> None:
    monkeypatch.setattr(run, "server", Server(httpx.ConnectError("refused"), makes_the_run))
    with pytest.raises(ServerError, match="The Prefect server does not answer: refused"):
        run.start_and_follow(Lake(str(alone / "lake")), {"titles": "x"}, "link-soundtracks/local", Console())


def test_a_server_that_is_away_when_a_run_is_answered_is_told(monkeypatch: pytest.MonkeyPatch, alone: Path) -> None:
    class Away:
        def __enter__(self) -> "Away":
            return self

        def __exit__(self, *args: object) -> None: ...

        def read_flow_run(self, run_id: UUID) -> None: ...

        def resume_flow_run(self, run_id: UUID, run_input: dict[str, str]) -> None:
            raise httpx.ConnectError("refused")

    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    api = httpx.Client(base_url="http://server.test/api", transport=httpx.MockTransport(refuse))
    monkeypatch.setattr("prefect.client.orchestration.get_client", lambda sync_client: Away())
    monkeypatch.setattr(run, "server", lambda: api)
    with pytest.raises(ServerError, match="The Prefect server does not answer: refused"):
        run.approve_run(Lake(str(alone / "lake")), str(uuid4()), "Ann")
    with pytest.raises(ServerError, match="The Prefect server does not answer: refused"):
        run.end_run(Lake(str(alone / "lake")), str(uuid4()), Console())


def test_who_approves_must_be_said_where_the_system_has_no_name(monkeypatch: pytest.MonkeyPatch, alone: Path) -> None:
    """As in a container that runs with a number of its own."""
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("os.getuid", lambda: 54321)
    with pytest.raises(BadInput, match="Who approves"):
        run.approve_run(Lake(str(alone / "lake")), str(uuid4()), "")


def test_ctrl_c_at_a_terminal_leaves_the_run_going_and_says_how_to_follow_or_end_it(
    monkeypatch: pytest.MonkeyPatch, alone: Path
) -> None:
    server = Server(KeyboardInterrupt(), makes_the_run=True)
    monkeypatch.setattr(run, "server", server)
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True))
    console = Console(force_terminal=True, file=StringIO(), width=200)
    with pytest.raises(KeyboardInterrupt):
        run.start_and_follow(Lake(str(alone / "lake")), {"titles": "x"}, "link-soundtracks/local", console)
    (made,) = server.made
    assert server.cancelled == []
    told = console.file.getvalue()
    assert "The run goes on." in told
    assert f"soundtracks run --follow {made}" in told
    assert f"soundtracks run --cancel {made}" in told


@pytest.mark.parametrize("arguments", [(), ("films.csv", "--follow", "x"), ("--follow", "x", "--cancel", "x")], ids=str)
def test_one_thing_at_a_time(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    code, told = soundtracks(monkeypatch, capsys, "run", *arguments)
    assert (code, "one of --follow, --approve and --cancel" in told) == (2, True)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Blade Runner (1982)", ["Blade Runner"]),
        ("2001: A Space Odyssey [1968]", ["2001: A Space Odyssey"]),
        ("tt0083658", [None]),
        ("https://www.imdb.com/title/tt0083658/", [None]),
        ("https://www.themoviedb.org/movie/78-blade-runner", [None]),
        ("Le Fabuleux Destin d'Amélie Poulain", ["Le Fabuleux Destin d'Amélie Poulain"]),
        ("Face/Off (1997)", ["Face/Off"]),
        ("Se7en (1995)", ["Se7en"]),
        ("(500) Days of Summer (2009)", ["(500) Days of Summer"]),
        ("2001: A Space Odyssey", ["2001: A Space Odyssey"]),
        ("M (1931)", ["M"]),
        ("1917 (2019)", ["1917"]),
        ("$ (1971)", ["$"]),
        ("-30- (1959)", ["-30-"]),
        ("# (2000)", ["#"]),
        ("title (2000)", ["title"]),
        ("*batteries not included (1987)", ["*batteries not included"]),
        ("[REC] (2007)", ["[REC]"]),
        ("M*A*S*H (1970)", ["M*A*S*H"]),
        ("Dr. No", ["Dr. No"]),
        ("The Good, the Bad and the Ugly (1966)", ["The Good, the Bad and the Ugly"]),
        ("Tron: Legacy\n(2010)", ["Tron: Legacy"]),
        ("千と千尋の神隠し (2001)", ["千と千尋の神隠し"]),
        ("imdb.com/title/tt0083658", [None]),
        ("tmdb:78", [None]),
    ],
)
def test_one_film_is_a_list_of_one(alone: Path, text: str, read: list[str | None]) -> None:
    lake = Lake(str(alone / "lake"))
    name, queue = run.take_list(lake, text, Console(file=StringIO()))
    assert queue == "default"
    assert read_landed(name, lake).reading.table["title"].to_pylist() == read


@pytest.mark.parametrize(
    "text", ["films.csv", "films", "lists/films.csv", "my list.csv", "..\\films.txt", "titles/My list (2020)"]
)
def test_the_name_of_a_file_that_is_not_there_is_no_film(alone: Path, text: str) -> None:
    with pytest.raises(BadTitles, match="There is no title file"):
        run.take_list(Lake(str(alone / "lake")), text, Console(file=StringIO()))


@pytest.mark.parametrize("text", ["M", "Jaws", "1917", "E.T.", "Face/Off"])
def test_a_film_of_one_word_takes_its_year(alone: Path, text: str) -> None:
    """It may be the name of a file, so it is not guessed."""
    with pytest.raises(BadTitles) as error:
        run.take_list(Lake(str(alone / "lake")), text, Console(file=StringIO()))
    assert f"give its year, '{text} (YEAR)'" in error.value.hint


@pytest.mark.parametrize("content", [None, b"", b"\x1aE\xdf\xa3\x01\x42"], ids=["folder", "empty", "film"])
def test_where_media_have_the_film_s_name_it_says_how_to_mean_the_film(alone: Path, content: bytes | None) -> None:
    path = alone / "Alien (1979)"
    if content is None:
        path.mkdir()
        (path / "Alien.mkv").write_bytes(b"\x1aE\xdf\xa3")
    else:
        path.write_bytes(content)
    with pytest.raises(BadTitles, match="To mean the film and not Alien"):
        run.take_list(Lake(str(alone / "lake")), "Alien (1979)", Console(file=StringIO()))


def test_a_list_that_has_a_film_s_name_is_a_list(alone: Path) -> None:
    (alone / "Alien (1979)").write_text("Heat (1995)\nRan (1985)\n")
    lake = Lake(str(alone / "lake"))
    name, _ = run.take_list(lake, "Alien (1979)", Console(file=StringIO()))
    assert read_landed(name, lake).reading.table["title"].to_pylist() == ["Heat", "Ran"]


def test_a_run_is_named_by_its_address_and_its_beginning_too(alone: Path) -> None:
    made, lake = uuid4(), Lake(str(alone / "lake"))
    lake.write_json(f"runs/{made}/metrics.json", {})
    addressed, begun = f"http://127.0.0.1:4200/runs/flow-run/{made}", str(made)[:8]  # as `soundtracks history` shows it
    assert run.check_id(addressed, lake) == run.check_id(str(made), lake) == run.check_id(begun, lake) == made
    lake.write_json("runs/by-hand/metrics.json", {})
    for text, told in [("films.csv", "There is no run films.csv"), ("by-hand", "no id of a run"), ("/", "no id of a run")]:
        with pytest.raises(BadInput, match=told):
            run.check_id(text, lake)


def test_a_run_that_the_server_does_not_know_cannot_be_approved(monkeypatch: pytest.MonkeyPatch, alone: Path) -> None:
    class Knows:
        def __enter__(self) -> "Knows":
            return self

        def __exit__(self, *args: object) -> None: ...

        def read_flow_run(self, run_id: UUID) -> None:
            raise ObjectNotFound(ValueError())

    monkeypatch.setattr("prefect.client.orchestration.get_client", lambda sync_client: Knows())
    made = uuid4()
    with pytest.raises(BadInput, match=f"The server knows no run {made}"):
        run.approve_run(Lake(str(alone / "lake")), str(made), "Ann")


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        (Scheduled(), "waits for a worker"),
        (AwaitingConcurrencySlot(), "waits for its turn: other runs are before it"),
        (Pending(), "its process starts"),
        (Running(), "Running"),
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_who_waits_is_told_for_what(state: State, shown: str) -> None:
    assert in_words(state.name) == shown


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("Flow run encountered an exception: DatasetBroken: films is empty.", "films is empty."),
        ("Flow run encountered an exception: soundtracks.errors.LakeError: No space left.", "No space left."),
        ("Flow run encountered an exception: KeyError: 'x'", "Flow run encountered an exception: KeyError: 'x'"),
        ("The machine died.", "The machine died."),
        ("", "no message"),
        (None, "no message"),
    ],
)
def test_an_error_of_ours_speaks_for_itself(message: str | None, shown: str) -> None:
    assert said(message) == shown


@pytest.mark.parametrize(("before", "heeded"), [(signal.SIG_DFL, True), (signal.SIG_IGN, False)], ids=["as usual", "nohup"])
def test_a_closed_terminal_ends_a_command_unless_it_was_told_to_go_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], before: signal.Handlers, heeded: bool
) -> None:
    known = {number: signal.signal(number, before) for number in (signal.SIGHUP, signal.SIGTERM)}
    try:
        soundtracks(monkeypatch, capsys, "--help")
        assert {signal.getsignal(number) is not before for number in known} == {heeded}
    finally:
        for number, handler in known.items():
            signal.signal(number, handler)
