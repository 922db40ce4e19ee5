"""Every output of a run, in one table: the documentation and the tests walk it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from soundtracks.publishing import (
    contract,
    database,
    documents,
    editions,
    histogram,
    musicbrainz,
    quickstatements,
    tables,
    workbook,
)
from soundtracks.publishing.catalogue import Catalogue
from soundtracks.publishing.options import Options


@dataclass(frozen=True)
class Output:
    """One file: its name, who writes it, what it is, what it is opened with, and its media type."""

    name: str
    write: Callable[[Catalogue, Options], bytes]
    what: str
    opened_with: str
    media_type: str


OUTPUTS = (
    Output(
        "links.parquet",
        tables.write_parquet,
        "every link and best candidate with titles, years, addresses and evidence",
        "pandas, DuckDB, Spark",
        "application/vnd.apache.parquet",
    ),
    Output("links.csv", tables.write_csv, "the same for spreadsheets", "Excel, LibreOffice, pandas", "text/csv"),
    Output("soundtracks.csv", tables.write_slim, "one row a film and album, a dozen columns", "Excel, LibreOffice", "text/csv"),
    Output(
        "soundtracks.xlsx",
        workbook.write_workbook,
        "the same, and the editions, as sheets of a workbook",
        "Excel, LibreOffice, Google Sheets",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
    Output(
        "editions.csv",
        editions.write_editions,
        "every edition of each film's music, ranked for collectors",
        "Excel, LibreOffice; `soundtracks collection` sets it beside a collection",
        "text/csv",
    ),
    Output(
        "links.sqlite",
        database.write_sqlite,
        "films, albums, links and evidence as a database with views and full-text search",
        "`soundtracks browse` (Datasette), sqlite3",
        "application/vnd.sqlite3",
    ),
    Output(
        "datasette.json",
        database.write_datasette_metadata,
        "descriptions, licences and sources for Datasette",
        "datasette --metadata",
        "application/json",
    ),
    Output(
        "soundtracks-by-tmdb-id.json",
        documents.write_by_tmdb_id,
        "each film's albums by its TMDB id",
        "jq, scripts that know their films by TMDB's ids",
        "application/json",
    ),
    Output(
        "links.jsonld",
        documents.write_jsonld,
        "schema.org Movies and MusicAlbums",
        "any JSON-LD processor, search engines",
        "application/ld+json",
    ),
    Output(
        "wikidata-quickstatements.tsv",
        quickstatements.write_quickstatements,
        "what Wikidata lacks of sure links: statements with references, and items for albums without one",
        "QuickStatements",
        "text/tab-separated-values",
    ),
    Output(
        "musicbrainz.csv",
        musicbrainz.write_musicbrainz,
        "release groups and links that MusicBrainz lacks, with addresses that look them up and add them",
        "a spreadsheet beside MusicBrainz",
        "text/csv",
    ),
    Output(
        "datacontract.odcs.yaml",
        contract.write_contract,
        "what readers of the links may rely on: columns, types, meanings, rules",
        "data contract tools (ODCS)",
        "application/yaml",
    ),
    Output("score-histogram.png", histogram.write_png, "how sure the match is, as a picture", "anything", "image/png"),
    Output("score-histogram.svg", histogram.write_svg, "the same, sharp at any size", "a browser", "image/svg+xml"),
)


def render(catalogue: Catalogue, options: Options) -> Iterator[tuple[str, bytes]]:
    """All outputs of a catalogue, name and content, one after another: together they are gigabytes of a large catalogue. Same
    catalogue and options, same bytes."""
    return ((output.name, output.write(catalogue, options)) for output in OUTPUTS)
