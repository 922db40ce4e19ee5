from pathlib import Path

import pytest

from soundtracks.errors import MatchError
from soundtracks.matching.spark import session

GB = session.GB


@pytest.mark.parametrize(("memory", "heap"), [(2 * GB, GB), (8 * GB, 2 * GB), (16 * GB, 4 * GB), (64 * GB, 4 * GB)])
def test_the_heap_is_a_quarter_within_bounds(memory: int, heap: int) -> None:
    assert session.driver_heap(memory) == heap


@pytest.mark.parametrize(("memory", "cores", "workers"), [(GB, 4, 1), (4 * GB, 8, 4), (16 * GB, 4, 4), (64 * GB, 16, 16)])
def test_workers_fit_beside_the_heap(memory: int, cores: int, workers: int) -> None:
    assert session.local_workers(memory, cores) == workers


def _java(folder: Path, said: str, code: int = 0) -> str:
    program = folder / "bin" / "java"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\necho '{said}' >&2\nexit {code}\n")
    program.chmod(0o755)
    return str(folder)


@pytest.mark.parametrize(
    ("said", "version"),
    [('openjdk version "17.0.15" 2025-04-15', 17), ('java version "1.8.0_292"', 8), ('openjdk version "21" 2023', 21), ("?", 0)],
)
def test_the_version_of_java_is_read(said: str, version: int, tmp_path: Path) -> None:
    assert session.java_version(_java(tmp_path, said)) == version


def test_a_session_that_is_not_there_is_told_and_none_is_started() -> None:
    with pytest.raises(MatchError, match=r"no active Spark session.*a job of Databricks"):
        session.start_session("active")


def test_missing_java_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(MatchError, match=r"none was found.*Install Java 17") as error:
        session.start_session("local[1]")
    assert "\n" not in str(error.value)


def test_an_old_java_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", _java(tmp_path, 'openjdk version "11.0.2"'))
    with pytest.raises(MatchError, match="needs Java 17, this is Java 11"):
        session.require_java()


def test_a_java_that_does_not_run_is_told(tmp_path: Path) -> None:
    with pytest.raises(MatchError, match="does not run"):
        session.java_version(_java(tmp_path, "no", code=1))


@pytest.mark.parametrize(
    ("written", "token"),
    [
        ("dapi-planted", "dapi-planted"),
        ("planted==", "planted=="),
        ("planted;hidden", "planted;hidden"),
        ("planted%3D", "planted="),
        ("a=b;;c", "a=b;;c"),
    ],
)
def test_spark_gets_the_token_whatever_stands_in_it(written: str, token: str) -> None:
    from pyspark.sql.connect.client.core import DefaultChannelBuilder

    address = session.with_quoted_token(f"sc://host:443/;use_ssl=true;token={written};x-databricks-cluster-id=1")
    built = DefaultChannelBuilder(address)
    assert (built.token, built.get("x-databricks-cluster-id"), built.use_ssl) == (token, "1", True)


@pytest.mark.parametrize(
    "token", ["planted;hidden", "planted;hidden==", "planted;p=hidden==", "planted==;hidden;", "planted;p=hidden"]
)
def test_nothing_behind_a_token_is_told(token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from pyspark.sql import SparkSession

    class Builder:
        def remote(self, url: str) -> None:
            raise RuntimeError(f"refused: {url} {token}")

    monkeypatch.setattr(SparkSession, "builder", Builder())
    with pytest.raises(MatchError) as caught:
        session.start_session(f"sc://somewhere:443/;token={token}")
    assert "planted" not in caught.value.message
    assert "hidden" not in caught.value.message


def test_the_token_of_a_spark_connect_address_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    from pyspark.sql import SparkSession

    class Builder:
        def remote(self, url: str) -> None:
            raise RuntimeError("refused")

    monkeypatch.setattr(SparkSession, "builder", Builder())
    with pytest.raises(MatchError, match="sc://somewhere:443: refused") as caught:
        session.start_session("sc://somewhere:443/;token=planted;x-databricks-cluster-id=1")
    assert "planted" not in str(caught.value)
    assert caught.value.__suppress_context__  # the cause may repeat it


class Configured:
    """A session of somebody else's. `refused`: what nobody may set there."""

    def __init__(self, refused: str = "") -> None:
        self.conf, self.seen, self.refused = self, dict[str, str](), refused

    def set(self, name: str, value: str) -> None:
        if name == self.refused:
            raise RuntimeError(f"[CONFIG_NOT_AVAILABLE] {name}")
        self.seen[name] = value


@pytest.mark.parametrize("refused", ["", "spark.sql.execution.arrow.maxBytesPerBatch"])
def test_rows_alone_bound_a_batch_in_a_session_of_somebody_else(refused: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Spark would weigh a batch at each of its rows; a service that lets nobody say so is used as it is."""
    from pyspark.sql import SparkSession

    made = Configured(refused)
    monkeypatch.setattr(SparkSession, "getActiveSession", lambda: made)
    assert session.start_session("active") is made
    assert made.seen == {name: value for name, value in session.ROWS_ALONE.items() if name != refused}
