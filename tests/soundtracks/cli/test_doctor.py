"""`soundtracks doctor`: each thing once, and nothing asked for that is not used."""

import httpx
import pytest
from typer.testing import CliRunner

from soundtracks.cli import doctor
from soundtracks.cli.main import app
from soundtracks.cli.stack import Stack
from soundtracks.errors import MatchError
from soundtracks.operations import processes
from soundtracks.operations.processes import Service
from soundtracks.settings import get_settings
from tests.rigs.flow_runs import Api


@pytest.fixture(autouse=True)
def bare(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TMDB_TOKEN", "TMDB_KEY", "DISCOGS_TOKEN", "DISCOGS_KEY", "DISCOGS_SECRET"):
        monkeypatch.delenv(f"SOUNDTRACKS_{name}", raising=False)
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOUNDTRACKS_STACK_FOLDER", str(tmp_path / "stack"))
    monkeypatch.setenv("SOUNDTRACKS_LAKE_URL", str(tmp_path / "lake"))
    monkeypatch.setenv("COLUMNS", "200")
    get_settings.cache_clear()


@pytest.mark.parametrize("online", ["--online", "--no-online"])
def test_a_missing_key_is_said_once(online: str) -> None:
    shown = CliRunner().invoke(app, ["doctor", online]).output
    assert shown.count("SOUNDTRACKS_TMDB_TOKEN is not set") == 1
    assert shown.count("SOUNDTRACKS_DISCOGS_TOKEN is not set") == 1
    assert [line.split()[1] for line in shown.splitlines() if line.strip()[:1] in ("✓", "✗")].count("TMDB") == 1


@pytest.mark.parametrize(("engine", "fails"), [("auto", False), ("local", False), ("spark", True)])
def test_java_is_asked_for_where_spark_is_used(monkeypatch: pytest.MonkeyPatch, engine: str, fails: bool) -> None:
    def none() -> int:
        raise MatchError("Spark needs Java, and none was found.")

    monkeypatch.setattr("soundtracks.matching.spark.session.require_java", none)
    monkeypatch.setenv("SOUNDTRACKS_MATCH_ENGINE", engine)
    get_settings.cache_clear()
    if fails:
        with pytest.raises(MatchError):
            doctor._java()
    else:
        assert doctor._java().startswith("none: not needed")
    get_settings.cache_clear()


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Api:
    """The server that doctor asks."""
    server = Api()
    client = lambda: httpx.Client(base_url="http://server.test/api", transport=httpx.MockTransport(server))  # noqa: E731
    monkeypatch.setattr(doctor, "_api", client)
    return server


def stack(monkeypatch: pytest.MonkeyPatch, *running: str) -> None:
    """A local stack with all its services, of which these still run."""
    names = ("server", "worker soundtracks", "worker soundtracks-match", "watcher")
    services = [Service(name=name, pid=-1, folder="", arguments=[], log="") for name in names]
    monkeypatch.setattr(Stack, "load", lambda: Stack(services=services))
    monkeypatch.setattr(Stack, "running", lambda self, name: next((s for s in services if s.name == name in running), None))


class TestLostRuns:
    @pytest.mark.parametrize(
        ("state", "running", "named"),
        [
            ("RUNNING", ("worker soundtracks",), True),
            ("CANCELLING", ("worker soundtracks",), True),
            ("PENDING", ("worker soundtracks",), False),  # its worker is about to start it
            ("PENDING", (), True),
            ("SCHEDULED", (), False),
            ("COMPLETED", (), False),
        ],
    )
    def test_of_the_local_stack_are_those_without_a_process(
        self, api: Api, monkeypatch: pytest.MonkeyPatch, state: str, running: tuple[str, ...], named: bool
    ) -> None:
        stack(monkeypatch, *running)
        monkeypatch.setattr(processes, "flow_runs", lambda folder: {"living"})
        api.add("living", "RUNNING")
        api.add("dead", state)
        if named:
            said = rf"nobody carries on name of dead \({state.capitalize()}, dead\)\. `soundtracks up` ends them"
            with pytest.raises(doctor.NotReady, match=said):
                doctor._lost_runs()
        else:
            assert doctor._lost_runs() == "none"

    def test_elsewhere_are_those_without_a_heartbeat(self, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
        api.add("living", "RUNNING")
        api.beating = {"living"}
        assert doctor._lost_runs() == "none"
        api.add("dead", "RUNNING")
        with pytest.raises(doctor.NotReady, match=r"nobody carries on name of dead \(Running, dead\)\. The watcher ends them"):
            doctor._lost_runs()


def test_a_watcher_that_has_ended_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    stack(monkeypatch, "server", "watcher")
    assert doctor._watcher() == "runs"
    stack(monkeypatch, "server")
    with pytest.raises(doctor.NotReady, match=r"the inbox watcher has ended\. `soundtracks up` starts it"):
        doctor._watcher()


def test_pools_that_no_worker_serves_are_named(api: Api) -> None:
    with pytest.raises(doctor.NotReady, match="no worker serves soundtracks, soundtracks-match, azure"):
        doctor._workers()
    api.online = {"one"}
    assert doctor._workers() == "soundtracks: 1, soundtracks-match: 1, azure: 1"


@pytest.mark.parametrize("fails", ["/api/work_pools/filter", "/api/work_pools/azure/workers/filter"])
def test_a_server_that_fails_while_it_is_asked_for_workers_is_told(monkeypatch: pytest.MonkeyPatch, fails: str) -> None:
    server = Api()

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(500, json={"detail": "broken"}) if request.url.path == fails else server(request)

    client = lambda: httpx.Client(base_url="http://server.test/api", transport=httpx.MockTransport(answer))  # noqa: E731
    monkeypatch.setattr(doctor, "_api", client)
    with pytest.raises(doctor.NotReady, match="does not answer"):
        doctor._workers()
