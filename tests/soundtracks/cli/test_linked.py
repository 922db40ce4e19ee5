"""What people decide on the results of `soundtracks link` stays in their folder and counts in the next link into it."""

import csv
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from soundtracks.cli.linked import open_folder
from soundtracks.cli.main import app
from soundtracks.decisions import Decision, DecisionStore, read_decisions
from soundtracks.errors import BadInput
from soundtracks.lake.lake import Lake
from soundtracks.serving.review_queue import ReviewQueue

FILMS = "tmdb_id,title,year,composers\n329865,Arrival,2016,Jóhann Jóhannsson\n244786,Whiplash,2014,Justin Hurwitz\n"
ALBUMS = """album_id,title,artist,year,styles,master_id
master:1,Arrival (Original Motion Picture Soundtrack),Jóhann Jóhannsson,2016,Soundtrack|Score,
release:2,Arrival (Original Motion Picture Soundtrack),Jóhann Jóhannsson,2016,Soundtrack|Score,master:1
release:3,Whiplash (Original Motion Picture Soundtrack),Justin Hurwitz,2014,Soundtrack|Score,
"""

pytestmark = pytest.mark.slow


@pytest.fixture
def out(tmp_path: Path) -> Path:
    (tmp_path / "films.csv").write_text(FILMS, encoding="utf-8")
    (tmp_path / "albums.csv").write_text(ALBUMS, encoding="utf-8")
    link(tmp_path / "out")
    return tmp_path / "out"


def link(out: Path) -> dict[str, tuple[str, str]]:
    """album -> its film and decision."""
    command = ["link", "--films", out.parent / "films.csv", "--albums", out.parent / "albums.csv", "--out", out]
    result = CliRunner().invoke(app, [str(part) for part in command])
    assert result.exit_code == 0, result.output
    with (out / "links.csv").open(encoding="utf-8", newline="") as file:
        return {row["album_id"]: (row["tmdb_id"], row["decision"]) for row in csv.DictReader(file)}


def counts(out: Path) -> dict[str, int]:
    found = json.loads((out / "metrics.json").read_text())["matching"]
    return {name: found[name] for name in ("accepted", "review", "rejected", "said", "said_same") if name in found}


def say(out: Path, album: str, film: str, decision: str) -> None:
    word = {"album_id": album, "tmdb_id": film, "decision": decision, "by": "Ann"}
    DecisionStore(Lake(str(out))).add(Decision.model_validate(word))


def test_a_decision_counts_in_the_next_link_and_can_be_taken_back(out: Path) -> None:
    model, before = (out / "links.parquet").read_bytes(), link(out)
    assert before["master:1"] == before["release:2"] == ("329865", "accept")
    say(out, "master:1", "329865", "reject")
    say(out, "release:3", "329865", "accept")
    decided = link(out)
    assert decided["master:1"] == decided["release:2"] == ("329865", "reject")  # it, and a pressing of it
    with (out / "links.csv").open(encoding="utf-8", newline="") as file:
        films = [(row["tmdb_id"], row["decision"]) for row in csv.DictReader(file) if row["album_id"] == "release:3"]
    assert sorted(films) == [("244786", "accept"), ("329865", "accept")]  # the model's own, and Ann's
    assert '"Ann"' in (out / "report.html").read_text(encoding="utf-8")
    say(out, "master:1", "329865", "undo")
    say(out, "release:3", "329865", "undo")
    assert link(out) == before
    assert (out / "links.parquet").read_bytes() == model


def test_what_is_written_is_counted(out: Path) -> None:
    assert counts(out) == {"accepted": 3, "review": 0, "rejected": 0}
    say(out, "release:3", "244786", "reject")
    assert link(out)["release:3"] == ("244786", "reject")
    assert counts(out) == {"accepted": 2, "review": 0, "rejected": 1}
    lists = {"albums.csv": (ALBUMS, "film_ids", "release:3"), "films.csv": (FILMS, "imdb_id", "244786")}
    for name, (text, column, known) in lists.items():
        head, *rows = text.splitlines()
        said = [f"{row},{'tt2582802' if row.startswith(known) else ''}" for row in rows]
        (out.parent / name).write_text("\n".join([f"{head},{column}", *said]), encoding="utf-8")
    link(out)
    assert counts(out) == {"accepted": 2, "review": 0, "rejected": 1, "said": 1, "said_same": 0}
    say(out, "release:3", "244786", "undo")
    link(out)
    assert counts(out) == {"accepted": 3, "review": 0, "rejected": 0, "said": 1, "said_same": 1}


def test_a_decision_waits_for_a_film_or_an_album_that_left_its_list(out: Path) -> None:
    say(out, "release:3", "329865", "accept")
    say(out, "master:1", "329865", "reject")
    decided = link(out)
    (out.parent / "films.csv").write_text(FILMS.replace("329865", "5"), encoding="utf-8")
    assert link(out) == {"master:1": ("5", "accept"), "release:2": ("5", "accept"), "release:3": ("244786", "accept")}
    (out.parent / "films.csv").write_text(FILMS, encoding="utf-8")
    (out.parent / "albums.csv").write_text(ALBUMS.replace("release:3", "release:4"), encoding="utf-8")
    assert link(out) == {"master:1": ("329865", "reject"), "release:2": ("329865", "reject"), "release:4": ("244786", "accept")}
    (out.parent / "albums.csv").write_text(ALBUMS, encoding="utf-8")
    assert link(out) == decided


@pytest.mark.parametrize("asked", ["Whiplash", "F-1", "release:3", "whiplash (2014)", "Justin Hurwitz"])
@pytest.mark.parametrize("links", ["", "links.parquet", "links.csv"])
def test_links_are_explained_by_names_and_own_ids(out: Path, asked: str, links: str) -> None:
    (out.parent / "films.csv").write_text(FILMS.replace("244786", "F-1"), encoding="utf-8")
    link(out)
    say(out, "release:3", "F-1", "reject")
    result = CliRunner().invoke(app, ["explain", asked, "--links", str(out / links)])
    assert result.exit_code == 0, result.output
    shown = result.output.replace("\n", "")
    assert "Whiplash (Original Motion Picture Soundtrack) [release:3] → Whiplash (2014) [F-1]: reject, by Ann" in shown


def test_links_without_films_beside_them_are_explained_by_ids(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("soundtracks.reporting.report.MAX_REPORTED", 1)
    link(out)
    result = CliRunner().invoke(app, ["explain", "release:3", "--links", str(out)])
    assert result.output.startswith("release:3 → 244786: accept")
    result = CliRunner().invoke(app, ["explain", "244786", "--links", str(out)])
    assert result.output.startswith("release:3 → 244786: accept")


@pytest.mark.parametrize("named", [True, False])  # metrics.json of earlier versions names no files
@pytest.mark.parametrize(
    ("links", "lost"), [("links.parquet", "films.parquet"), ("links.parquet", "albums.parquet"), ("links.csv", "links.parquet")]
)
def test_links_without_what_was_beside_them_are_explained_by_ids(out: Path, links: str, lost: str, named: bool) -> None:
    (out / lost).unlink()
    metrics = json.loads((out / "metrics.json").read_text())
    (out / "metrics.json").write_text(json.dumps(metrics if named else {"matching": metrics["matching"]}))
    result = CliRunner().invoke(app, ["explain", "release:3", "--links", str(out / links)])
    assert result.exit_code == 0, result.output
    assert result.output.startswith("release:3 → 244786: accept")


def test_reviewed_in_the_browser(out: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "soundtracks.cli.main",
        "review",
        "--links",
        str(out),
        "--no-browser",
        "--port",
        "0",
        "release:3",
    ]
    environment = os.environ | {"PYTHONUNBUFFERED": "1", "COLUMNS": "200"}
    with subprocess.Popen(command, env=environment, cwd=Path(__file__).parents[3], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("1 links to review")
        printed = re.search(r"(http://127\.0\.0\.1:\d+)/#token=([\w-]{43}) ", process.stdout.readline())
        assert printed is not None
        url, token = printed.groups()
        with httpx.Client(base_url=url, transport=httpx.HTTPTransport(retries=5)) as client:
            (item,) = client.get("/api/queue").json()["items"]
            assert (item["film"]["title"], item["albums"][0]["album_id"]) == ("Whiplash", "release:3")
            words = [{"album_id": "release:3", "tmdb_id": "244786", "decision": "reject", "by": "Ann", "reason": "a cover"}]
            headers = {"origin": url, "x-review-token": token}
            assert client.post("/api/decisions", json={"decisions": words}, headers=headers).status_code == 201
        process.send_signal(signal.SIGINT)
        assert process.wait(60) in (0, 130, -signal.SIGINT)
    assert link(out)["release:3"] == ("244786", "reject")
    labels = out.parent / "labels.csv"
    assert CliRunner().invoke(app, ["review", "--links", str(out), "--export", str(labels)]).exit_code == 0
    assert labels.read_text() == "album_id,group,tmdb_ids\nrelease:3,review_rejected,\n"
    assert read_decisions(Lake(str(out))).num_rows == 1


@pytest.mark.parametrize("missing", ["links.parquet", "films.parquet", "albums.parquet"])
def test_a_folder_of_something_else(tmp_path: Path, missing: str) -> None:
    for name in ("links.parquet", "films.parquet", "albums.parquet"):
        (tmp_path / name).touch()
    (tmp_path / missing).unlink()
    result = CliRunner().invoke(app, ["review", "--links", str(tmp_path)])
    assert isinstance(result.exception, BadInput)
    assert f"lacks {missing}" in str(result.exception)


def test_a_folder_that_is_not_there_is_not_the_one_above_it(out: Path) -> None:
    with pytest.raises(BadInput, match=r"^There is no folder .*typo\. Give the folder of --out"):
        open_folder(out / "typo")
    for known in (out, out / "links.csv"):
        assert open_folder(known)[0].url == Lake(str(out)).url


@pytest.mark.parametrize("done", range(6))
def test_a_link_that_was_killed_half_way_does_not_pass_for_results(out: Path, monkeypatch: pytest.MonkeyPatch, done: int) -> None:
    """The links of one list beside the films of another would be shown without names, or under wrong ones."""
    say(out, "release:3", "244786", "reject")
    moved: list[Path] = []

    def move(one: Path, to: Path) -> None:
        if len(moved) == done:
            raise KeyboardInterrupt
        moved.append(one.replace(to))

    with monkeypatch.context() as patch:
        patch.setattr("soundtracks.cli.linked.shutil.move", move)
        command = [
            "link",
            "--films",
            str(out.parent / "films.csv"),
            "--albums",
            str(out.parent / "albums.csv"),
            "--out",
            str(out),
        ]
        CliRunner().invoke(app, command)
    assert len(moved) == done
    with pytest.raises(BadInput, match=r"lacks links\.parquet"):
        open_folder(out)
    assert link(out)["release:3"] == ("244786", "reject")


@pytest.mark.parametrize("name", ["links.parquet", "films.parquet", "albums.parquet"])
def test_damaged_results_are_bad_input(out: Path, name: str) -> None:
    whole = (out / name).read_bytes()
    for content in (b"", whole[:100], whole[:4] + b"\0" * 100 + whole[-8:]):
        (out / name).write_bytes(content)
        with pytest.raises(BadInput, match=r"cannot be read: .* Link into it again"):
            open_folder(out)


def test_titles_of_strangers_are_shown_as_they_are(tmp_path: Path) -> None:
    title = "<script>alert(1)</script> \u202eevil =1+1 [b]"
    (tmp_path / "films.csv").write_text(f'tmdb_id,title,year\n5,"{title}",1999\n', encoding="utf-8")
    album = f'release:5,"{title} (Original Motion Picture Soundtrack)",X,1999,Soundtrack|Score,\n'
    (tmp_path / "albums.csv").write_text("album_id,title,artist,year,styles,master_id\n" + album, encoding="utf-8")
    link(tmp_path / "out")
    _, catalogue = open_folder(tmp_path / "out")
    (item,) = ReviewQueue(catalogue.view, catalogue.every_film, "links", ["release:5"]).items
    assert "<script>" in item["film"]["title"]
    assert "<script>alert" not in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


def test_labels_are_imported_into_a_catalogue_alone(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["review", "--links", str(tmp_path), "--import", str(tmp_path / "labels.csv")])
    assert isinstance(result.exception, BadInput)
