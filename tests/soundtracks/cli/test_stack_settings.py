"""What commands take from the running stack (its lake, server and password), and what they say where it cannot be used."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from soundtracks.cli import stack as stack_module
from soundtracks.cli.run import use_stack
from soundtracks.cli.stack import SAMPLE_SETTINGS, Stack, start, stop, use_lake
from soundtracks.cli.up import up
from soundtracks.errors import BadInput, ServerError
from soundtracks.operations import processes
from soundtracks.settings import get_settings
from tests.soundtracks.cli.conftest import start_web

pytestmark = pytest.mark.usefixtures("folder")


@pytest.mark.parametrize("port", ["abc", "", "-1", "65536", "4200 ", "²", "4e3"])
def test_what_is_no_port_is_told(port: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOUNDTRACKS_PORT_SERVER", port)
    with pytest.raises(BadInput, match=r"SOUNDTRACKS_PORT_SERVER is .*no port"):
        stack_module._port(Stack(), "server", 4200)


def test_a_folder_that_is_none_is_told_by_every_command(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("file") / "stack"
    file.write_text("not a folder")
    with monkeypatch.context() as patch:
        patch.setenv("SOUNDTRACKS_STACK_FOLDER", str(file))
        with pytest.raises(ServerError, match="cannot use its folder"):
            list(start(sample=True))
        assert stop() == []
        monkeypatch.delenv("PREFECT_API_URL", raising=False)
        with pytest.raises(ServerError, match="No Prefect server is running"):
            use_stack()


def test_the_stack_of_another_user_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start_web("server")

    def refuse(file: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(file))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", refuse)
        with pytest.raises(ServerError, match="Permission denied"):
            use_stack()


@pytest.mark.parametrize(
    ("stack", "environment", "expected"),
    [
        ({}, {}, None),
        ({"SOUNDTRACKS_LAKE_URL": "/sample"}, {}, "/sample"),
        ({"SOUNDTRACKS_LAKE_URL": "/sample"}, {"SOUNDTRACKS_LAKE_URL": "/own"}, "/own"),
    ],
)
def test_commands_read_the_lake_of_the_running_stack(
    stack: dict[str, str], environment: dict[str, str], expected: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "environ", {"SOUNDTRACKS_STACK_FOLDER": os.environ["SOUNDTRACKS_STACK_FOLDER"], **environment})
    Stack(env=stack).save()
    use_lake()
    assert os.environ.get("SOUNDTRACKS_LAKE_URL") == expected


@pytest.mark.parametrize(
    ("runs", "asked", "expected"),
    [
        (None, True, True),
        (None, False, False),
        ({}, True, BadInput),  # its workers go on to ask the services themselves, and its lake is the user's
        ({}, False, False),
        (SAMPLE_SETTINGS, True, True),
        (SAMPLE_SETTINGS, False, True),
    ],
)
@pytest.mark.slow
def test_a_running_stack_stays_what_it_is(
    monkeypatch: pytest.MonkeyPatch, runs: dict[str, str] | None, asked: bool, expected: bool | type[BadInput]
) -> None:
    if runs is not None:
        stack, _ = start_web("server")
        stack.env |= runs
        stack.save()
    monkeypatch.setattr(stack_module, "_start_all", lambda stack, sample: iter([("sample", str(sample))]))
    if expected is BadInput:
        with pytest.raises(BadInput, match="The running stack asks TMDB and Discogs themselves"):
            list(start(asked))
        assert Stack.load().running("server")
    else:
        assert list(start(asked)) == [("sample", str(expected))]


def test_only_the_owner_reads_state_logs_and_password(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.chmod(0o755)  # as an earlier version left it
    stack_module.read_password(stack_module.password_file())
    start_web()
    monkeypatch.setattr(stack_module, "_start_all", lambda stack, sample: iter(()))
    list(start(sample=False))
    found = {file: file.stat().st_mode & 0o777 for file in [folder, *folder.rglob("*")]}
    assert {mode for file, mode in found.items() if file.is_dir()} == {0o700}
    assert {mode for file, mode in found.items() if file.is_file()} == {0o600}
    assert len(found) >= 5


def test_each_stack_has_a_password_of_its_own_and_keeps_it(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = stack_module.password_file()
    first = stack_module.read_password(file)
    assert first.startswith("soundtracks:")
    assert len(first) > 40
    assert stack_module.read_password(file) == first
    assert stack_module.read_password(tmp_path_factory.mktemp("other") / "api-password") != first


def test_an_empty_password_file_gets_a_password(folder: Path) -> None:
    stack_module.password_file().write_text("\n")  # as a full disk leaves it
    assert stack_module.read_password(stack_module.password_file()).startswith("soundtracks:")


@pytest.mark.slow
def test_a_server_that_asks_for_no_password_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of an earlier version of ours, or of somebody else on that port."""
    _, url = start_web("server")
    monkeypatch.setattr(stack_module, "_answers", lambda url: True)
    stack = Stack.load()
    stack.env["PREFECT_HOME"] = str(stack_module.folder() / "prefect")
    with pytest.raises(ServerError, match=f"{url} asks for no password") as caught:
        stack_module._start_server(stack)
    assert "soundtracks down" in caught.value.hint


@pytest.mark.parametrize("slow", [httpx.ReadTimeout("late"), httpx.ConnectError("refused")], ids=repr)
def test_a_server_that_is_slow_after_its_start_is_asked_again(slow: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    answers: list[Exception | bool] = [slow, slow, False]

    def asked(url: str) -> bool:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr("tenacity.nap.time.sleep", lambda _: None)
    monkeypatch.setattr(stack_module, "is_open", asked)
    assert not stack_module._asks_for_no_password("http://127.0.0.1:1/api")
    assert answers == []


def test_a_server_that_stays_silent_after_its_start_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(url: str) -> bool:
        raise httpx.ReadTimeout("late")

    monkeypatch.setattr(stack_module, "MAX_START", 0)
    monkeypatch.setattr(stack_module, "is_open", silent)
    with pytest.raises(ServerError, match="does not answer: late") as told:
        stack_module._asks_for_no_password("http://127.0.0.1:1/api")
    assert "soundtracks up" in told.value.hint


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "/sample"),
        ({"PREFECT_API_URL": "http://127.0.0.1:1/api"}, "/sample"),  # the stack's own, named by hand: its password is needed
        ({"PREFECT_API_URL": "https://other.test/api", "SOUNDTRACKS_LAKE_URL": "/own"}, "/own"),
        ({"SOUNDTRACKS_LAKE_URL": "/sample/"}, "/sample"),
        ({"SOUNDTRACKS_LAKE_URL": "file:///sample"}, "/sample"),
        ({"SOUNDTRACKS_LAKE_URL": "/own"}, BadInput),
    ],
    ids=str,
)
@pytest.mark.slow
def test_commands_that_need_the_server_work_on_the_stacks_lake_or_say_that_another_is_named(
    environment: dict[str, str], expected: str | type[BadInput], monkeypatch: pytest.MonkeyPatch
) -> None:
    start_web("server")
    stack = Stack.load()
    stack.env |= {"PREFECT_API_URL": "http://127.0.0.1:1/api", "SOUNDTRACKS_LAKE_URL": "/sample"}
    stack.save()
    monkeypatch.setattr(os, "environ", {"SOUNDTRACKS_STACK_FOLDER": os.environ["SOUNDTRACKS_STACK_FOLDER"], **environment})
    if expected is BadInput:
        with pytest.raises(BadInput, match="/own, but the running stack works on /sample"):
            use_stack()
    else:
        use_stack()
        assert os.environ["SOUNDTRACKS_LAKE_URL"] == expected


def test_up_without_keys_says_so_before_anything_starts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("TMDB_TOKEN", "TMDB_KEY", "DISCOGS_TOKEN", "DISCOGS_KEY", "DISCOGS_SECRET"):
        monkeypatch.delenv(f"SOUNDTRACKS_{name}", raising=False)
    monkeypatch.chdir(os.environ["SOUNDTRACKS_STACK_FOLDER"])  # no .env
    get_settings.cache_clear()

    def refuse(sample: bool) -> Iterator[tuple[str, str]]:
        raise ServerError("nothing is started here")

    monkeypatch.setattr(stack_module, "start", refuse)
    with pytest.raises(ServerError):
        up(sample=False)
    told = capsys.readouterr().out
    assert "SOUNDTRACKS_TMDB_TOKEN is not set" in told
    assert "SOUNDTRACKS_DISCOGS_TOKEN is not set" in told
    with pytest.raises(ServerError):
        up(sample=True)
    assert "not set" not in capsys.readouterr().out
    get_settings.cache_clear()


@pytest.fixture
def signals() -> Iterator[None]:
    """What this process heeds is as it was afterwards."""
    before = {number: signal.getsignal(number) for number in processes.ENDING}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("signals")
def test_a_signal_after_the_last_service_is_up_comes_too_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stack stays, and the process does not say of it that it was broken off."""
    monkeypatch.setattr(stack_module, "start", lambda sample: iter([("inbox", "titles")]))
    up(sample=True)
    for number in processes.ENDING:
        signal.raise_signal(number)


@pytest.mark.parametrize("number", processes.ENDING, ids=lambda number: number.name)
@pytest.mark.usefixtures("signals")
def test_a_signal_before_that_breaks_it_off(monkeypatch: pytest.MonkeyPatch, number: signal.Signals) -> None:
    def interrupted(sample: bool) -> Iterator[tuple[str, str]]:
        yield "Prefect", "http://127.0.0.1"
        signal.raise_signal(number)

    monkeypatch.setattr(stack_module, "start", interrupted)
    before = {each: signal.getsignal(each) for each in processes.ENDING}
    with pytest.raises(KeyboardInterrupt if number == signal.SIGINT else SystemExit):
        up(sample=True)
    assert {each: signal.getsignal(each) for each in processes.ENDING} == before


@pytest.mark.usefixtures("signals")
def test_a_demo_can_be_broken_off_once_its_stack_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack_module, "start", lambda sample: iter([("inbox", "titles")]))

    def demo() -> None:
        with processes.interrupted_once():
            up(sample=True)
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        demo()
