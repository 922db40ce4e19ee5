"""Versions side by side: which go together, what is said where they do not, and a database of an earlier version."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import cast
from uuid import uuid4

import httpx
import pytest
from prefect.client.orchestration import SyncPrefectClient
from prefect.exceptions import PrefectHTTPStatusError

from soundtracks.errors import ServerError
from soundtracks.inbox.titlefile import TitleFile
from soundtracks.operations import versions
from soundtracks.operations.access import api_client
from soundtracks.operations.runs import RunRefused, Runs
from soundtracks.operations.versions import check_versions, fits, keep_copy, note_version
from tests.rigs.prefect_server import ROOT, PrefectServer


@pytest.mark.parametrize(
    ("here", "server", "expected"),
    [
        ("3.8.8", "3.8.8", True),
        ("3.8.3", "3.8.8", True),  # an older client of the same minor version
        ("3.8.8", "3.8.3", False),  # refused in places (422)
        ("3.7.9", "3.8.8", False),  # loses its events
        ("3.8.8", "3.10.0", False),
        ("3.10.0", "3.8.8", False),
        ("3.8.8", "3.8.10", True),
        ("3.8.10", "3.8.8", False),
        ("3.8.8+5.gabc", "3.8.8", True),
    ],
)
def test_which_versions_go_together(here: str, server: str, expected: bool) -> None:
    assert fits(here, server) is expected


def answering(status: int, body: object) -> httpx.Client:
    transport = httpx.MockTransport(lambda request: httpx.Response(status, json=body))
    return httpx.Client(base_url="http://server.test/api", transport=transport)


def test_versions_that_do_not_go_together_are_named_with_the_order_of_restarts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "version", lambda name: "3.8.8")
    with pytest.raises(ServerError, match=r"server is Prefect 3\.8\.3, the packages here are 3\.8\.8") as caught:
        check_versions(answering(200, "3.8.3"))
    order = [caught.value.hint.index(word) for word in ("server first", "soundtracks deploy", "restart the workers")]
    assert order == sorted(order)
    assert check_versions(answering(200, "3.8.9")) == "server 3.8.9, here 3.8.8"


def test_a_server_that_refuses_the_password_is_named_with_where_it_stands() -> None:
    with pytest.raises(ServerError, match="HTTP 401") as caught:
        check_versions(answering(401, {}))
    assert "PREFECT_API_AUTH_STRING" in caught.value.hint


def test_a_database_is_copied_only_before_another_version_writes_it(tmp_path: Path) -> None:
    assert keep_copy(tmp_path) is None
    with closing(sqlite3.connect(tmp_path / "prefect.db")) as database, database:
        database.execute("CREATE TABLE kept (line TEXT)")
        database.execute("INSERT INTO kept VALUES ('here')")
    note_version(tmp_path)
    assert keep_copy(tmp_path) is None
    (tmp_path / "prefect.version").write_text("3.7.0\n")
    copy = keep_copy(tmp_path)
    assert copy == tmp_path / "prefect.db.of-3.7.0"
    assert copy.stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(copy)) as database:
        assert database.execute("SELECT line FROM kept").fetchall() == [("here",)]
    note_version(tmp_path)
    assert (tmp_path / "prefect.version").read_text().strip() == version("prefect")


def test_the_copy_from_before_a_migration_that_broke_off_stays(tmp_path: Path) -> None:
    """The second try finds a database that is half migrated, with the old version's name still beside it."""
    with closing(sqlite3.connect(tmp_path / "prefect.db")) as database, database:
        database.execute("CREATE TABLE before (line TEXT)")
    (tmp_path / "prefect.version").write_text("3.7.0\n")
    copy = keep_copy(tmp_path)
    assert copy
    with closing(sqlite3.connect(tmp_path / "prefect.db")) as database, database:
        database.execute("ALTER TABLE before RENAME TO half")
    assert keep_copy(tmp_path) == copy
    with closing(sqlite3.connect(copy)) as database:
        assert database.execute("SELECT name FROM sqlite_master").fetchall() == [("before",)]
    note_version(tmp_path)
    (tmp_path / "prefect.version").write_text("3.7.0\n")  # the next upgrade copies anew
    assert keep_copy(tmp_path) == copy
    with closing(sqlite3.connect(copy)) as database:
        assert database.execute("SELECT name FROM sqlite_master").fetchall() == [("half",)]


def test_a_database_that_cannot_be_copied_is_told(tmp_path: Path) -> None:
    (tmp_path / "prefect.db").write_bytes(b"not a database" * 1000)
    (tmp_path / "prefect.version").write_text("3.7.0\n")
    with pytest.raises(ServerError, match=r"no copy of it can be kept: file is not a database") as told:
        keep_copy(tmp_path)
    assert "move the file away" in told.value.hint


@pytest.mark.parametrize(
    ("status", "server", "raised"),
    [
        (422, "3.8.8", RunRefused),
        (422, "3.8.3", ServerError),  # it does not know what a newer client sends: the list is good, and must wait
        (409, "3.9.0", ServerError),
        (500, "3.8.8", ServerError),
    ],
)
def test_a_file_is_refused_for_good_only_by_a_server_that_goes_with_the_packages_here(
    monkeypatch: pytest.MonkeyPatch, status: int, server: str, raised: type[ServerError]
) -> None:
    monkeypatch.setattr(versions, "version", lambda name: "3.8.8")

    class Client:
        _client = answering(200, server)

        def read_deployment_by_name(self, name: str) -> SimpleNamespace:
            return SimpleNamespace(id=uuid4(), work_pool_name="soundtracks")

        def create_flow_run_from_deployment(self, *arguments: object, **more: object) -> None:
            refusal = httpx.Response(status, json={"detail": "no"}, request=httpx.Request("POST", "http://server.test"))
            raise PrefectHTTPStatusError.from_httpx_error(httpx.HTTPStatusError("no", request=refusal.request, response=refusal))

    file = TitleFile("lake", "titles/a.csv", "1", 10, 1)
    with pytest.raises(ServerError) as told:
        Runs(cast(SyncPrefectClient, Client()), "link-soundtracks/local").create(file)
    assert type(told.value) is raised


@pytest.mark.server
@pytest.mark.timeout(600)
def test_a_database_of_an_earlier_version_is_brought_up_to_date_and_its_copy_stays(tmp_path: Path) -> None:
    server = PrefectServer(tmp_path)
    server.start()
    try:
        with api_client(server.client_env, timeout=60) as api:
            flow = api.post("/flows/", json={"name": "link-soundtracks"}).json()["id"]
            api.post("/flow_runs/", json={"flow_id": flow, "name": "of an earlier version"}).raise_for_status()
        server.kill()
        newest = revision(tmp_path / "prefect.db")
        env = os.environ | {"PREFECT_HOME": str(tmp_path)}
        command = [sys.executable, "-m", "prefect", "server", "database", "downgrade", "-y", "-r", "-3"]
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        earlier = revision(tmp_path / "prefect.db")
        assert earlier != newest
        (tmp_path / "prefect.version").write_text("3.8.0\n")
        copy = keep_copy(tmp_path)
        assert copy is not None
        server.start()
        with api_client(server.client_env, timeout=60) as api:
            assert [run["name"] for run in api.post("/flow_runs/filter", json={}).json()] == ["of an earlier version"]
        assert revision(tmp_path / "prefect.db") == newest
        assert revision(copy) == earlier
    finally:
        server.kill()


def revision(database: Path) -> str:
    with closing(sqlite3.connect(database)) as opened:
        return str(opened.execute("SELECT version_num FROM alembic_version").fetchone()[0])
