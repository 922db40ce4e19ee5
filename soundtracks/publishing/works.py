"""Albums as people mean them: the pressings of one master are one album, folded out where somebody wants to see them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from soundtracks.publishing.catalogue import VIEW, Catalogue, album_url
from soundtracks.records import conform

Row = dict[str, Any]

#: The strongest decision on a pressing speaks for the album.
_RANK = {"accept": 0, "review": 1, "reject": 2}


@dataclass(frozen=True)
class AlbumLink:
    """An album (a work) and one film.

    Args:
        row: the row of the view (schema VIEW) that speaks for it: the master's own, else the likeliest pressing's.
        pressings: rows of its pressings, by year; the row itself where the album has no master.
    """

    row: Row
    pressings: list[Row]

    @property
    def work_id(self) -> str:
        return str(self.row["work_id"])

    @property
    def year(self) -> int | None:
        """Of the first release; where the master's is not known, of the earliest pressing."""
        known = [self.row["album_first_year"], *(p["album_year"] for p in self.pressings), self.row["album_year"]]
        return next((year for year in known if year), None)

    @property
    def tracks(self) -> int | None:
        """Of the master's own record: what its pressings have stands with them."""
        return None if self.row in self.pressings else self.row["album_tracks"]

    @property
    def url(self) -> str | None:
        return album_url(self.work_id) or self.row["album_url"]

    @property
    def ids(self) -> set[str]:
        """Every id by which somebody may mean the album."""
        return {self.work_id, self.row["album_id"], *(row["album_id"] for row in self.pressings)}


def album_links(view: pa.Table) -> list[AlbumLink]:
    """The view (schema VIEW) by album and film instead of by pressing, in the order of its rows."""
    found: dict[tuple[str, str | None], list[Row]] = {}
    for row in view.to_pylist():
        found.setdefault((row["work_id"], row["tmdb_id"]), []).append(row)
    return [AlbumLink(min(rows, key=_lead), _pressings(rows)) for rows in found.values()]


def accepted_links(catalogue: Catalogue) -> list[AlbumLink]:
    """The albums that are linked; rows are without evidence, which is most of the view. For `Catalogue.once`, as is the next."""
    return album_links(catalogue.accepted.drop_columns("evidence"))


#: Columns of the view that albums, their decisions and their certainty are made of.
_DECIDED = ["album_id", "tmdb_id", "work_id", "album_year", "decision", "probability", "decided_by"]


def decided_links(catalogue: Catalogue) -> list[AlbumLink]:
    """All albums with their best films; rows hold _DECIDED alone."""
    return album_links(catalogue.view.select(_DECIDED))


def rows_of(links: Iterable[AlbumLink]) -> pa.Table:
    """The rows that speak for their albums, schema VIEW: each album and film counts once, whatever its pressings."""
    return pa.Table.from_pylist([link.row for link in links], VIEW)


def with_works(view: pa.Table) -> pa.Table:
    """Links (schema VIEW or LINKS) as schema VIEW; those without works, as of an earlier version, have each album as its own."""
    if "work_id" not in view.column_names:
        view = view.append_column("work_id", view["album_id"])
    return conform(view, VIEW)


def _lead(row: Row) -> tuple[int, bool, float, str]:
    sure = 1.0 if row["probability"] is None else row["probability"]
    return _RANK.get(row["decision"], 3), row["album_id"] != row["work_id"], -sure, row["album_id"]


def _pressings(rows: list[Row]) -> list[Row]:
    pressings = [row for row in rows if row["album_id"] != row["work_id"]] or [
        row for row in rows if not row["album_id"].startswith("master:")
    ]
    return sorted(pressings, key=lambda row: (row["album_year"] or 9999, row["album_id"]))


def pressing_facts(row: Row) -> dict[str, Any]:
    """What tells a pressing from its siblings: format, country, label, catalogue_number, year, tracks; null where unknown."""
    return {
        "format": row["album_formats"],
        "country": row["album_country"],
        "label": row["album_labels"],
        "catalogue_number": row["album_catalogue_numbers"],
        "year": row["album_year"],
        "tracks": row["album_tracks"],
    }
