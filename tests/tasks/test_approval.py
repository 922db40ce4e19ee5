"""The form of a run that waits for approval, and what stands above it."""

import json
import logging
from datetime import UTC, datetime

import pyarrow as pa
import pytest
from pydantic import ValidationError

from soundtracks.errors import SoundtracksError
from soundtracks.lake.lake import DatasetRef, Lake
from soundtracks.metrics import ApprovalMetrics
from soundtracks.publishing.catalogue_tables import CatalogueTables, RunResult
from soundtracks.records import ALBUMS, FILMS, LINKS
from soundtracks.reporting.changes import Change
from soundtracks.reporting.moves import PROPOSAL, Moves, count_moves
from tasks import approval
from tasks.approval import SHOWN_CHANGES, Approval, compare_with_catalogue, proposal
from tasks.run_outputs import Found, brought
from tasks.run_record import Run


def test_the_form_needs_a_decision_and_offers_two() -> None:
    schema = Approval.model_json_schema()
    assert schema["required"] == ["decision"]
    assert schema["properties"]["decision"]["enum"] == ["publish", "discard"]
    assert all(field["title"] and field["description"] for field in schema["properties"].values())
    assert Approval(decision="publish").model_dump() == {"decision": "publish", "by": "", "reason": ""}


@pytest.mark.parametrize(
    "answer", [{}, {"decision": "yes"}, {"decision": "publish", "by": "x" * 81}, {"decision": "publish", "more": "1"}]
)
def test_an_answer_that_is_none_publishes_nothing(answer: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Approval.model_validate(answer)


def test_a_proposal_says_what_would_move_and_how_to_decide() -> None:
    changes = [Change("master:1", "Blade | Runner <b>", [("78", "Blade Runner")], [("693134", "Dune")])]
    changes += [Change(f"release:{n}", f"Album {n}", [("78", "Blade Runner")], []) for n in range(SHOWN_CHANGES + 1)]
    text = proposal(Moves(60, 52, changes), "r1")
    assert "52 of 60 links that stand on its films and albums would go or change film. Nothing is published yet." in text
    assert "| Blade \\| Runner &lt;b&gt; | Blade Runner | Dune |" in text
    assert "| Album 1 | Blade Runner | – |" in text
    assert text.endswith("… and 2 albums more.")
    for command in ("run --approve r1", "run --cancel r1", "report r1"):
        assert f"`soundtracks {command}`" in text


ASKED = ApprovalMetrics(standing=5, moved=5, until=datetime(2026, 12, 3, tzinfo=UTC))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("meanwhile", "now"),
    [
        (None, 5),  # as it was
        ((range(5), "20"), 0),  # another run has moved them already
        ((range(2), "10"), 5),  # one that says what stands
        ((range(5, 12), "10"), 12),  # one whose links this run would take away, and nobody has seen
    ],
    ids=str,
)
def test_what_was_approved_holds_for_what_was_seen(lake: Lake, meanwhile: tuple[range, str] | None, now: int) -> None:
    publish(lake, "r1", range(5), "10")
    run = Run("r2", lake)
    run.hold(held(lake, range(12), "20"), ASKED)
    if meanwhile is not None:
        publish(lake, "r3", *meanwhile)
    resumed = Run("r2", lake)  # another process, after the answer
    assert resumed.held is not None
    _, result = brought(lake, resumed.held, "r2")
    moves = count_moves(CatalogueTables(lake), result)
    if now <= ASKED.moved:
        moves.require_at_most(resumed.links_to_move)
        return
    with pytest.raises(SoundtracksError, match=f"{now} of {now} links .* It was approved for 5. Nothing is published.") as error:
        moves.require_at_most(resumed.links_to_move)
    assert "Run the list again" in error.value.hint


FILM_ROWS = pa.Table.from_pylist([{"tmdb_id": one, "title": f"Film {one}"} for one in ("10", "20")], FILMS)


def albums_of(numbers: range) -> pa.Table:
    return pa.Table.from_pylist([{"album_id": f"release:{n}", "title": f"Album {n}"} for n in numbers], ALBUMS)


def links_to(film: str, numbers: range) -> pa.Table:
    row = {"tmdb_id": film, "decision": "accept", "probability": 0.9, "match_weight": 5.0}
    return pa.Table.from_pylist([row | {"album_id": f"release:{n}"} for n in numbers], LINKS)


def publish(lake: Lake, run: str, numbers: range, film: str) -> None:
    """A run that links these albums to the film."""
    CatalogueTables(lake).publish(RunResult(run, FILM_ROWS, albums_of(numbers), links_to(film, numbers)))


def held(lake: Lake, numbers: range, film: str) -> Found:
    """What a run came to that links these albums to the film."""

    def kept(name: str, table: pa.Table) -> DatasetRef:
        return lake.publish_table(f"silver/{name}", table)

    films = kept("films", FILM_ROWS)
    return Found(
        films=films, compared=films, albums=[kept("albums", albums_of(numbers))], links=kept("links", links_to(film, numbers))
    )


@pytest.mark.slow
@pytest.mark.parametrize(("film", "asked"), [("10", False), ("20", True)])
def test_only_what_moves_is_asked_about_and_has_a_proposal(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, film: str, asked: bool
) -> None:
    publish(lake, "r1", range(12), "10")
    lake.write_json("runs/r2/metrics.json", {"run_id": "r2", "started": "2026-11-26T10:00:00Z"})
    lake.write_json("runs/r2/failures.json", {})
    monkeypatch.setattr("soundtracks.lake.lake.Lake.from_settings", lambda *_: lake)
    monkeypatch.setattr(approval, "get_run_logger", lambda: logging.getLogger("run"))
    told: list[str] = []
    monkeypatch.setattr(approval, "create_markdown_artifact", lambda text, **_: told.append(text))
    found = compare_with_catalogue.fn(held(lake, range(12), film), "r2")
    assert (found is not None, len(told), lake.exists(f"runs/r2/{PROPOSAL}")) == (asked, asked, asked)
    if found is not None:
        assert (found.standing, found.moved) == (12, 12)
        page = lake.read_bytes(f"runs/r2/{PROPOSAL}").decode()
        assert json.dumps("Album 11") in page
        assert "score-histogram.png" not in page  # no links to what is not written yet
