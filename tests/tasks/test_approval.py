"""The form of a run that waits for approval, and what stands above it."""

import json
import logging

import pyarrow as pa
import pytest
from pydantic import ValidationError

from soundtracks.lake.lake import DatasetRef, Lake
from soundtracks.publishing.catalogue_tables import CatalogueTables, RunResult
from soundtracks.records import ALBUMS, FILMS, LINKS
from soundtracks.reporting.changes import Change
from soundtracks.reporting.moves import PROPOSAL, Moves
from tasks import approval
from tasks.approval import SHOWN_CHANGES, Approval, compare_with_catalogue, proposal
from tasks.run_outputs import Found


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


@pytest.mark.slow
@pytest.mark.parametrize(("film", "asked"), [("10", False), ("20", True)])
def test_only_what_moves_is_asked_about_and_has_a_proposal(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, film: str, asked: bool
) -> None:
    films = pa.Table.from_pylist([{"tmdb_id": one, "title": f"Film {one}"} for one in ("10", "20")], FILMS)
    albums = pa.Table.from_pylist([{"album_id": f"release:{n}", "title": f"Album {n}"} for n in range(12)], ALBUMS)

    def links(to: str) -> pa.Table:
        row = {"tmdb_id": to, "decision": "accept", "probability": 0.9, "match_weight": 5.0}
        return pa.Table.from_pylist([row | {"album_id": album} for album in albums["album_id"].to_pylist()], LINKS)

    def kept(name: str, table: pa.Table) -> DatasetRef:
        return lake.publish_table(f"silver/{name}", table)

    CatalogueTables(lake).publish(RunResult("r1", films, albums, links("10")))
    refs = {"films": kept("films", films), "compared": kept("compared", films), "links": kept("links", links(film))}
    lake.write_json("runs/r2/metrics.json", {"run_id": "r2", "started": "2026-11-26T10:00:00Z"})
    lake.write_json("runs/r2/failures.json", {})
    monkeypatch.setattr("soundtracks.lake.lake.Lake.from_settings", lambda *_: lake)
    monkeypatch.setattr(approval, "get_run_logger", lambda: logging.getLogger("run"))
    told: list[str] = []
    monkeypatch.setattr(approval, "create_markdown_artifact", lambda text, **_: told.append(text))
    found = compare_with_catalogue.fn(Found(albums=[kept("albums", albums)], **refs), "r2")
    assert (found is not None, len(told), lake.exists(f"runs/r2/{PROPOSAL}")) == (asked, asked, asked)
    if found is not None:
        assert (found.standing, found.moved) == (12, 12)
        page = lake.read_bytes(f"runs/r2/{PROPOSAL}").decode()
        assert json.dumps("Album 11") in page
        assert "score-histogram.png" not in page  # no links to what is not written yet
