"""`python docs/make_outputs.py` renews the samples in docs/outputs.md and docs/matching.md from a match of the sample world.

The words of the pages are written by hand; what stands between `<!-- sample NAME -->` and the end of the code block behind
it is made here.
"""

import csv
import io
import json
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from python_calamine import CalamineWorkbook

from sandbox.catalogue import load_catalogue
from soundtracks.matching.model import Model
from soundtracks.matching.pipeline import match
from soundtracks.publishing.catalogue import Catalogue
from soundtracks.publishing.options import Options
from soundtracks.publishing.outputs import render
from soundtracks.records import ALBUMS, FILMS

PAGE = Path(__file__).parent / "outputs.md"
MATCHING = Path(__file__).parent / "matching.md"
EXPLAINED = ("release:939020569", "release:923184533")  # one that is linked, one in doubt
PICTURE = Path(__file__).parent / "score-histogram.svg"
FILM, ALBUM = "78", "master:90684973"  # Blade Runner in the sample world
QUERY = """SELECT name, level, value, weight FROM evidence
        WHERE link_id = (SELECT link_id FROM accepted WHERE album_id = 'master:90684973') ORDER BY position"""
WIKIDATA = {"78": "Q184843"}  # Blade Runner's item


def sample_world() -> Catalogue:
    """The sample world and its links, as the match finds them."""
    world = load_catalogue()
    films = [
        {
            "tmdb_id": str(film.tmdb_id),
            "imdb_id": film.imdb_id,
            "wikidata_id": WIKIDATA.get(str(film.tmdb_id)),
            "title": film.title,
            "original_title": film.original_title,
            "alternative_titles": [title for _, title in film.alternative_titles],
            "year": int(film.release_date[:4]) if film.release_date else None,
            "composers": [name for name, _ in film.composers],
            "popularity": film.popularity,
        }
        for film in world.films
    ]
    years = {album.album_id: int(album.year) if album.year else None for album in world.albums}
    albums = [
        {
            "album_id": album.album_id,
            "title": album.title,
            "artist": album.artist,
            "year": years[album.album_id],
            "first_year": years.get(f"master:{album.master_id}") if album.master_id else None,
            "master_id": f"master:{album.master_id}" if album.master_id else None,
            "genres": list(album.genres),
            "styles": list(album.styles),
            "formats": list(album.formats),
            "country": album.country,
        }
        for album in world.albums
    ]
    film_table, album_table = pa.Table.from_pylist(films, FILMS), pa.Table.from_pylist(albums, ALBUMS)
    links, _ = match(film_table, album_table, engine="local")
    return Catalogue(film_table, album_table, links)


EVIDENCE_OF_ALBUM = (
    "SELECT name, level, value, weight FROM evidence WHERE link_id = "  # noqa: S608 - a constant of ours
    f"(SELECT link_id FROM accepted WHERE album_id = '{ALBUM}') ORDER BY position"
)


def samples(files: dict[str, bytes]) -> dict[str, str]:
    """Output name -> its sample, short enough to read."""
    parquet = pq.read_table(pa.BufferReader(files["links.parquet"]))
    row = parquet.filter(pc.equal(parquet["album_id"], ALBUM)).to_pylist()[0]
    by_id = json.loads(files["soundtracks-by-tmdb-id.json"])
    by_id["films"] = {FILM: by_id["films"][FILM] | {"albums": by_id["films"][FILM]["albums"][:1]}}
    graph = json.loads(files["links.jsonld"])
    nodes = [n for n in graph["@graph"] if str(n["@id"]).endswith((f"/movie/{FILM}", ALBUM.replace(":", "/")))]
    statements = files["wikidata-quickstatements.tsv"].decode().split("CREATE\n")
    return {
        "links.parquet": json.dumps(row | {"evidence": row["evidence"][:120] + " …"}, indent=1, ensure_ascii=False, default=str),
        "links.csv": _lines(files["links.csv"], ALBUM),
        "soundtracks.csv": _lines(files["soundtracks.csv"], "Blade Runner"),
        "soundtracks.xlsx": _sheets(files["soundtracks.xlsx"]),
        "editions.csv": _lines(files["editions.csv"], "Blade Runner"),
        "links.sqlite": _query(files["links.sqlite"], QUERY),
        "datasette.json": _start(json.dumps(json.loads(files["datasette.json"]), indent=1, ensure_ascii=False), 9),
        "soundtracks-by-tmdb-id.json": json.dumps(by_id, indent=1, ensure_ascii=False),
        "links.jsonld": json.dumps({"@context": graph["@context"], "@graph": nodes}, indent=1, ensure_ascii=False),
        "wikidata-quickstatements.tsv": "CREATE\n" + next(s for s in statements if ALBUM.removeprefix("master:") in s).rstrip(),
        "musicbrainz.csv": _lines(files["musicbrainz.csv"], "Blade Runner"),
        "datacontract.odcs.yaml": _contract(files["datacontract.odcs.yaml"]),
    }


def _contract(data: bytes) -> str:
    """The contract with a column of each kind: the key, one of few values, one within a range."""
    contract = json.loads(data)
    table = contract["schema"][0]  # links.parquet; the others are tables of the catalogue
    contract["schema"] = [table]
    table["properties"] = [p for p in table["properties"] if p["name"] in ("album_id", "decision", "probability")]
    return json.dumps(contract, indent=1, ensure_ascii=False)


def _lines(data: bytes, key: str) -> str:
    header, *rows = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))
    sink = io.StringIO()
    csv.writer(sink, lineterminator="\n").writerows([header, next(row for row in rows if row[0] == key)])
    return sink.getvalue().rstrip()


def _sheets(data: bytes) -> str:
    """The sheets with how many rows and columns they have."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    tables = {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}
    return "\n".join(f"{name}: {len(rows) - 1} rows, {', '.join(map(str, rows[0]))}" for name, rows in tables.items())


def _query(data: bytes, sql: str) -> str:
    with closing(sqlite3.connect(":memory:")) as database:
        database.deserialize(data)
        cursor = database.execute(sql)
        rows = [[d[0] for d in cursor.description], *([("" if c is None else str(c)) for c in row] for row in cursor)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    table = "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
    return f"sqlite> {sql};\n{table}"


def _start(text: str, lines: int) -> str:
    return "\n".join(line[:150] for line in text.splitlines()[:lines]) + "\n …"


def explanations(files: dict[str, bytes]) -> dict[str, str]:
    """What `soundtracks explain` says of EXPLAINED."""
    with tempfile.TemporaryDirectory() as folder:
        links = Path(folder, "links.parquet")
        links.write_bytes(files["links.parquet"])
        said = {}
        for album in EXPLAINED:
            command = [sys.executable, "-m", "soundtracks.cli.main", "explain", album, "--links", str(links)]
            done = subprocess.run(command, env=os.environ | {"COLUMNS": "118"}, capture_output=True, text=True, check=True)
            said[f"explain {album}"] = "\n".join(line.rstrip() for line in done.stdout.rstrip().splitlines())
    return said


def renewed(page: str, made: dict[str, str]) -> str:
    """The page with new samples."""
    for name, text in made.items():
        pattern = re.compile(rf"(<!-- sample {re.escape(name)} -->\n```\w*\n)(?:.*?\n)??(```)", re.DOTALL)
        page, count = pattern.subn(lambda found, text=text: f"{found[1]}{text}\n{found[2]}", page)  # type: ignore[misc]
        if count != 1:
            raise SystemExit(f"There are {count} places for a sample of {name}, not one.")
    return page


if __name__ == "__main__":
    model = Model.load()
    made = dict(render(sample_world(), Options.of(model.accept, model.review)))
    for page, texts in ((PAGE, samples(made)), (MATCHING, explanations(made))):
        page.write_text(renewed(page.read_text(encoding="utf-8"), texts), encoding="utf-8")
    PICTURE.write_bytes(made["score-histogram.svg"])
