"""What a run publishes, made of the datasets that it came to: looked at before it is approved, and written after."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pydantic import BaseModel

from soundtracks.decisions import decisions_on, read_decisions
from soundtracks.lake.lake import DatasetRef, Lake
from soundtracks.matching.model import Model
from soundtracks.metrics import RunMetrics, SourceMetrics
from soundtracks.publishing.catalogue import Catalogue, effective_decisions
from soundtracks.publishing.catalogue_tables import CatalogueTables, RunResult
from soundtracks.publishing.options import Options
from soundtracks.publishing.outputs import OUTPUTS
from soundtracks.publishing.terms import Origin
from soundtracks.publishing.works import decided_links
from soundtracks.records import ALBUMS, FILMS, conform, first_of_each_id
from soundtracks.reporting.report import render_report
from soundtracks.reporting.unresolved import read_unresolved
from soundtracks.serving.named import named_albums, named_films
from soundtracks.settings import get_settings


class Found(BaseModel):
    """The datasets that a run came to. `films`: of its list. `compared`: these and those of all earlier lists."""

    films: DatasetRef
    compared: DatasetRef
    albums: list[DatasetRef]
    links: DatasetRef


@dataclass(frozen=True)
class RunOutputs:
    """`catalogue`: the links of the run's films, which it shows. `result`: all that it compared, which the catalogue takes.

    `quarantine`, `unresolved`: rows and titles set aside. `previous`: links of its films before; None before the first run.
    """

    catalogue: Catalogue
    result: RunResult
    metrics: RunMetrics
    options: Options
    quarantine: list[dict[str, Any]]
    unresolved: list[dict[str, str | None]]
    previous: pa.Table | None

    @classmethod
    def of(cls, lake: Lake, run_id: str, catalogue: Catalogue, result: RunResult) -> Self:
        """Of what `brought` gave. Raises LakeError."""
        model, tables = Model.load(), CatalogueTables(lake)
        metrics = RunMetrics.model_validate(lake.read_json(f"runs/{run_id}/metrics.json"))
        metrics.links = count_links(catalogue)
        films_from, albums_from = _origins(metrics)
        return cls(
            catalogue=catalogue,
            result=replace(result, films_from=films_from, albums_from=albums_from),
            metrics=metrics,
            options=replace(
                Options.of(model.accept, model.review), open_data=metrics.is_open_data, posters=get_settings().posters
            ),
            quarantine=list(read_quarantine(lake, run_id)),
            unresolved=read_unresolved(lake, run_id),
            previous=None if tables.is_empty else _shown_before(tables, catalogue),
        )

    def report(self, *, files: bool = True) -> bytes:
        """report.html; `files`: with links to the other outputs beside it."""
        page = render_report(
            self.catalogue,
            self.metrics,
            quarantine=self.quarantine,
            unresolved=self.unresolved,
            previous=self.previous,
            options=self.options,
            files=[output.name for output in OUTPUTS] if files else (),
        )
        return page.encode()

    def numbers(self) -> bytes:
        """metrics.json."""
        return json.dumps(self.metrics.model_dump(mode="json", exclude_none=True), ensure_ascii=False, indent=1).encode()


def brought(lake: Lake, found: Found, run_id: str) -> tuple[Catalogue, RunResult]:
    """What a run shows, and what the catalogue takes of it, with people's decisions as of now. Raises LakeError."""
    films, albums = lake.read_table(found.films), _albums(lake, found.albums)
    every_film, said = conform(lake.read_table(found.compared), FILMS), read_decisions(lake)
    links, decisions = lake.read_table(found.links), decisions_on(said, films, albums)
    films, albums = with_named(lake, decisions, films, albums)
    every_film = first_of_each_id(pa.concat_tables([films, every_film]), "tmdb_id")
    catalogue = Catalogue(_rivals_beside(films, every_film), albums, links, decisions)
    return catalogue, RunResult(run_id, every_film, albums, links, said)


def _albums(lake: Lake, albums: list[DatasetRef]) -> pa.Table:
    return first_of_each_id(pa.concat_tables([conform(lake.read_table(ref), ALBUMS) for ref in albums]), "album_id")


def _rivals_beside(films: pa.Table, compared: pa.Table) -> pa.Table:
    """The run's films; the others that were compared are rivals to it, whatever list they are from."""
    others = compared.filter(pc.invert(pc.is_in(compared["tmdb_id"], value_set=films["tmdb_id"].combine_chunks())))
    at = FILMS.get_field_index("listed")
    return pa.concat_tables([conform(films, FILMS), others.set_column(at, "listed", pa.repeat(pa.scalar(False), len(others)))])


def _shown_before(tables: CatalogueTables, catalogue: Catalogue) -> pa.Table:
    """Links to films of the run's list: what is linked to others it does not show, so it did not lose it."""
    links = tables.links_on(catalogue.albums["album_id"].combine_chunks())
    return links.filter(pc.is_in(links["tmdb_id"], value_set=catalogue.films["tmdb_id"].combine_chunks()))


def _origins(metrics: RunMetrics) -> tuple[Origin, Origin]:
    """Where films and albums come from. A cached response may be as old as it may be used: then that time is said."""
    settings, found = get_settings(), metrics.extraction
    films, albums = found.get("tmdb", SourceMetrics()), found.get("discogs", SourceMetrics())

    def since(asked: SourceMetrics, hours: float) -> datetime:
        return metrics.started - timedelta(hours=hours if asked.cache_hits else 0)

    return (
        Origin("wikidata") if films.plan == "cc0" else Origin("tmdb", since(films, settings.tmdb_retention_hours)),
        Origin("discogs dump")
        if albums.plan in ("dump", "cc0")
        else Origin("discogs", since(albums, settings.discogs_retention_hours)),
    )


def with_named(lake: Lake, decisions: pa.Table, films: pa.Table, albums: pa.Table) -> tuple[pa.Table, pa.Table]:
    """(films, albums) with those that people linked though this run did not come across them; such a film is a listed one."""
    accepted = [pair for pair, word in effective_decisions(decisions).items() if word["decision"] == "accept"]
    more_films = named_films(lake, {film for _, film in accepted} - set(films["tmdb_id"].to_pylist()))
    more_albums = named_albums(lake, {album for album, _ in accepted} - set(albums["album_id"].to_pylist()))
    return (
        pa.concat_tables([conform(films, FILMS), more_films]),
        pa.concat_tables([conform(albums, ALBUMS), more_albums]),
    )


def count_links(catalogue: Catalogue) -> dict[str, int | float]:
    """What a run found, counted by films and albums; `pressings`: rows of the links."""
    links = catalogue.once(decided_links)
    films = set(catalogue.films["tmdb_id"].to_pylist())
    accepted = {link.row["tmdb_id"] for link in links if link.row["decision"] == "accept"}
    review = {link.row["tmdb_id"] for link in links if link.row["decision"] == "review"}
    return {
        "films_with_albums": len(films & accepted),
        "films_to_review": len((films & review) - accepted),
        "films_without": len(films - accepted - review),
        "links": sum(link.row["decision"] == "accept" for link in links),
        "pressings": catalogue.accepted.num_rows,
        "albums_to_review": sum(link.row["decision"] == "review" for link in links),
        "decided_by_people": sum(link.row["decided_by"] == "person" for link in links),
    }


def read_quarantine(lake: Lake, run_id: str) -> Iterator[dict[str, Any]]:
    """The rows that a run set aside, schema QUARANTINE and `dataset`."""
    for dataset in ("titles", "films", "albums", "links"):
        for name in (f"{run_id}.unreadable", run_id):
            path = f"quarantine/{dataset}/{name}.parquet"
            if lake.exists(path):
                for row in pq.read_table(pa.BufferReader(lake.read_bytes(path))).to_pylist():
                    yield {"dataset": dataset, **row}
