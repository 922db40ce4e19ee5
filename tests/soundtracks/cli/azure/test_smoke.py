"""`soundtracks azure smoke` with a fake `az` and a folder for the lake: the file lands, its run is followed, files fetched."""

import json
import os
from datetime import UTC, datetime
from uuid import UUID

import pytest

import soundtracks.cli.run
from soundtracks.cli.azure import smoke
from soundtracks.errors import BadInput, ServerError
from soundtracks.lake.lake import Lake
from soundtracks.metrics import RunMetrics

pytestmark = pytest.mark.slow

RUN = UUID(int=7)


@pytest.fixture
def standing(world, call, tmp_path):
    """A deployment that admits this machine; its lake is a folder."""
    world.set(outputs={"SOUNDTRACKS_LAKE_URL": (tmp_path / "lake").as_uri()})
    assert call("up", "--yes", "--admit", "203.0.113.7/32").exit_code == 0
    world.set(calls=[])
    return world


@pytest.fixture
def server(monkeypatch):
    """A run that ends well as soon as it is followed; returns what was asked for."""
    asked = {}

    def run_of(lake, name, size):
        asked.update(name=name, size=size, content=lake.read_bytes(name), password=os.environ["PREFECT_API_AUTH_STRING"])
        return RUN

    def follow(lake, run_id, console):
        metrics = RunMetrics(run_id=str(run_id), started=datetime.now(UTC), stages={"match": 3.0})
        for file in ("report.html", "links.csv"):
            lake.write_bytes(f"runs/{run_id}/{file}", file.encode())
        lake.write_bytes(f"runs/{run_id}/metrics.json", metrics.model_dump_json().encode())
        return metrics

    monkeypatch.setattr(smoke, "run_of", run_of)
    monkeypatch.setattr(soundtracks.cli.run, "follow_run", follow)
    yield asked
    for name in ("PREFECT_API_URL", "PREFECT_API_AUTH_STRING", "SOUNDTRACKS_LAKE_URL", "SOUNDTRACKS_LAKE_ACCOUNT_URL"):
        os.environ.pop(name, None)


def test_a_dry_run_tells_all_and_drops_nothing(standing, call, tmp_path):
    done = call("smoke", "--dry-run")
    assert done.exit_code == 0, done.exception
    assert "put titles.csv as titles/smoke-" in done.output
    assert "https://sndtrk-test-server.example" in done.output
    assert standing.changes == []
    assert not (tmp_path / "lake").exists()


def test_it_drops_follows_and_fetches(standing, call, server, tmp_path):
    titles = tmp_path / "mine.csv"
    titles.write_text("title\nHeat\n")
    done = call("smoke", "--yes", "--titles", str(titles), "--out", "fetched")
    assert done.exit_code == 0, done.exception
    assert server["content"] == b"title\nHeat\n"
    assert server["password"] == "admin:from-the-vault"
    assert sorted(p.name for p in (tmp_path / "fetched").iterdir()) == ["links.csv", "metrics.json", "report.html"]
    assert json.loads((tmp_path / "fetched" / "metrics.json").read_text())["run_id"] == str(RUN)
    assert "admin:from-the-vault" not in done.output


def test_a_folder_with_files_of_others_is_refused(standing, call, server, tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "report.html").write_text("mine")
    error = call("smoke", "--yes", "--out", str(folder)).exception
    assert isinstance(error, BadInput)
    assert "report.html was not left by a match" in error.message
    assert (folder / "report.html").read_text() == "mine"
    assert standing.changes == []


def test_without_a_deployment_it_says_how_to_make_one(world, call):
    error = call("smoke", "--yes").exception
    assert isinstance(error, BadInput)
    assert "azure up" in error.hint


def test_a_deployment_that_admits_nobody_cannot_be_tried_from_here(world, call):
    call("up", "--yes")
    error = call("smoke", "--yes").exception
    assert "from its own network only" in error.message
    assert "--admit" in error.hint


def test_a_vault_that_does_not_admit_this_machine_is_told(standing, call):
    standing.set(
        fail={"keyvault secret show": "ERROR: (Forbidden) Client address is not authorized. Inner error: ForbiddenByFirewall"}
    )
    error = call("smoke", "--yes").exception
    assert "does not admit this machine" in error.message


@pytest.mark.server
def test_a_file_that_becomes_no_run_is_told(prefect_server, tmp_path, monkeypatch):
    monkeypatch.setattr(smoke, "MAX_WAIT", 0.1)
    monkeypatch.setattr(smoke, "PAUSE", 0.0)
    lake = Lake(str(tmp_path / "lake"))
    lake.write_bytes("titles/x.csv", b"Heat")
    with pytest.raises(ServerError, match="No run was started"):
        smoke.run_of(lake, "titles/x.csv", 4)


@pytest.mark.server
def test_the_run_of_a_file_is_found_by_its_version(prefect_server, tmp_path):
    from prefect.client.orchestration import get_client

    from soundtracks.inbox.titlefile import TitleFile, container_of

    lake = Lake(str(tmp_path / "lake"))
    lake.write_bytes("titles/x.csv", b"Heat")
    container, _ = container_of(lake)
    file = TitleFile(container, "titles/x.csv", lake.etag("titles/x.csv"), 4)
    with get_client(sync_client=True) as client:
        deployment = client.create_deployment(client.create_flow_from_name("smoke"), "test")
        made = client.create_flow_run_from_deployment(deployment, idempotency_key=file.key)
    assert smoke.run_of(lake, "titles/x.csv", 4) == made.id
