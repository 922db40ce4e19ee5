import json

import pyarrow as pa
import pytest

from soundtracks.matching import linking
from soundtracks.matching.index import FilmIndex
from soundtracks.matching.linking import COUNTED, COUNTS, GROUPED, link_batch, link_stream, propagate_master_decision, with_groups
from soundtracks.matching.model import Model
from soundtracks.records import LINKS


def _links(*rows: tuple[str, str | None, str, float]) -> pa.Table:
    names = ("album_id", "tmdb_id", "decision", "match_weight")
    whole = [dict(zip(names, row, strict=True)) | {"evidence": '{"title": 1}', "candidates": 1, "passed_over": 0} for row in rows]
    return pa.Table.from_pylist(whole, schema=COUNTED)


def _grouped(**groups: str) -> pa.Table:
    return pa.Table.from_pylist([{"album_id": a.replace("_", ":"), "group": g} for a, g in groups.items()], schema=GROUPED)


def _decisions(links: pa.Table) -> dict[str, set[tuple[str | None, str]]]:
    found: dict[str, set[tuple[str | None, str]]] = {}
    for row in links.to_pylist():
        found.setdefault(row["album_id"], set()).add((row["tmdb_id"], row["decision"]))
    return found


def test_reissues_follow_their_master() -> None:
    links = _links(
        ("master:1", "7", "accept", 5.0),
        ("release:2", "8", "accept", 9.0),
        ("release:3", "7", "review", 1.0),
        ("release:4", None, "reject", 0.0),
    )
    albums = _grouped(master_1="m", release_2="m", release_3="m", release_4="m")
    followed = propagate_master_decision(links, albums)
    assert set(map(frozenset, _decisions(followed).values())) == {frozenset({("7", "accept")})}
    rows = {row["album_id"]: json.loads(row["evidence"]) for row in followed.to_pylist()}
    assert rows["release:2"]["follows"]["value"] == "master:1"
    assert "follows" not in rows["master:1"]
    assert followed["candidates"].to_pylist() == [1, 1, 1, 1]


def test_without_an_accepted_master_the_surest_release_leads() -> None:
    links = _links(("master:1", "7", "review", 1.0), ("release:2", "8", "accept", 4.0), ("release:3", "7", "accept", 6.0))
    followed = _decisions(propagate_master_decision(links, _grouped(master_1="m", release_2="m", release_3="m")))
    assert set(map(frozenset, followed.values())) == {frozenset({("7", "accept")})}


def test_nothing_follows_a_review_or_a_rejection() -> None:
    links = _links(("master:1", "7", "reject", -3.0), ("release:2", "7", "review", 1.0))
    assert propagate_master_decision(links, _grouped(master_1="m", release_2="m")).equals(links)


def test_an_album_of_two_films_leads_with_both() -> None:
    links = _links(("master:1", "7", "accept", 5.0), ("master:1", "8", "accept", 5.0), ("release:2", "7", "accept", 9.0))
    followed = _decisions(propagate_master_decision(links, _grouped(master_1="m", release_2="m")))
    assert followed["release:2"] == {("7", "accept"), ("8", "accept")}


@pytest.mark.parametrize(
    ("master", "group"),
    [("55", "master:55"), ("master:55", "master:55"), (None, "release:9"), ("0", "release:9"), ("", "release:9")],
)
def test_the_group_is_the_master_or_the_album(master: str | None, group: str, albums) -> None:
    assert with_groups(albums({"album_id": "release:9", "master_id": master}))["group"].to_pylist() == [group]


def test_batches_never_cut_a_group(albums, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linking, "BATCH", 3)
    rows = [{"album_id": f"release:{n}", "master_id": "1" if n in (2, 3, 4, 5) else None} for n in range(9)]
    table = with_groups(albums(*rows))
    batches = list(linking.whole_groups(table.to_batches(max_chunksize=2)))
    assert [row for b in batches for row in b["album_id"].to_pylist()] == table["album_id"].to_pylist()
    assert sum("master:1" in batch["group"].to_pylist() for batch in batches) == 1
    assert max(map(len, batches)) <= 4


def test_each_album_has_one_decision_and_stands_in_the_links(films, albums) -> None:
    arrival = {"title": "Arrival", "year": 2016, "composers": ["Jóhann Jóhannsson"]}
    score = {"title": "Arrival (Original Motion Picture Soundtrack)", "artist": "Jóhann Jóhannsson", "year": 2016}
    index = FilmIndex.build(films(arrival, {"title": "Whiplash", "year": 2014}))
    table = albums(score | {"genres": ["Stage & Screen"]}, {"title": "Nothing of the kind"}, {"title": None})
    links = link_batch(table, index, Model.load())
    assert links.schema == COUNTED
    assert links["album_id"].to_pylist() == ["1", "2", "3"]
    assert links["tmdb_id"].to_pylist() == ["1", None, None]
    assert links["decision"].to_pylist() == ["accept", "reject", "reject"]
    assert links["candidates"].to_pylist() == [1, 0, 0]
    assert next(iter(link_stream([with_groups(table)], index, Model.load()))).equals(links)
    assert links["passed_over"].to_pylist() == [0, 0, 0]
    assert links.drop_columns(list(COUNTS)).schema == LINKS
