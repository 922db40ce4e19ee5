"""Every output of a run, opened by a reader of its own field: how many things that reader finds in it."""

import asyncio
import json
import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from xml.etree import ElementTree

import duckdb
import matplotlib.image
import pandas as pd
import yaml
from datasette.app import Datasette
from pyld import jsonld
from python_calamine import CalamineWorkbook

from tests.hostile.quickstatements import read_version_2, read_version_3


def table(path: Path) -> int:
    """A spreadsheet's table: rows below the heading."""
    return len(pd.read_csv(path, encoding="utf-8-sig"))


def parquet(path: Path) -> int:
    ((count,),) = duckdb.sql(f"SELECT count(*) FROM read_parquet('{path}') WHERE album_id IS NOT NULL").fetchall()
    return int(count)


def workbook(path: Path) -> int:
    book = CalamineWorkbook.from_path(path)
    return sum(len(book.get_sheet_by_name(name).to_python()) for name in book.sheet_names)


def database(path: Path) -> int:
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
        (count,) = connection.execute("SELECT count(*) FROM accepted").fetchone()
    return int(count)


def described_database(path: Path) -> int:
    """Datasette over links.sqlite beside it, with these descriptions: tables and views that are described."""

    described = json.loads(path.read_bytes())

    async def ask() -> int:
        datasette = Datasette([], immutables=[str(path.with_name("links.sqlite"))], metadata=described)
        answer = await datasette.client.get("/links.json")
        shown = {one["name"] for kind in ("tables", "views") for one in answer.json()[kind]}
        named = set(described["databases"]["links"]["tables"])
        assert named <= shown
        return len(named)

    return asyncio.run(ask())


def films_by_id(path: Path) -> int:
    return len(json.loads(path.read_bytes())["films"])


def linked_data(path: Path) -> int:
    """Statements of RDF; whoever asks the network for a context fails."""

    def refuse(url: str, _: object) -> None:
        raise AssertionError(f"asked the network for {url}")

    options = {"documentLoader": refuse, "base": "https://example.org/", "format": "application/n-quads"}
    return str(jsonld.to_rdf(json.loads(path.read_bytes()), options)).count("\n")


def quickstatements(path: Path) -> int:
    batch = path.read_text(encoding="utf-8")
    second, third = read_version_2(batch), read_version_3(batch)
    assert len(second) == len(third)
    return len(second)


def contract(path: Path) -> int:
    return sum(len(table["properties"]) for table in yaml.safe_load(path.read_bytes())["schema"])


def picture(path: Path) -> int:
    height, width, _ = matplotlib.image.imread(path).shape
    return int(height * width)


def drawing(path: Path) -> int:
    return sum(1 for _ in ElementTree.parse(path).iter("{http://www.w3.org/2000/svg}text"))


READERS: Mapping[str, Callable[[Path], int]] = {
    "links.parquet": parquet,
    "links.csv": table,
    "soundtracks.csv": table,
    "soundtracks.xlsx": workbook,
    "editions.csv": table,
    "links.sqlite": database,
    "datasette.json": described_database,
    "soundtracks-by-tmdb-id.json": films_by_id,
    "links.jsonld": linked_data,
    "wikidata-quickstatements.tsv": quickstatements,
    "musicbrainz.csv": table,
    "datacontract.odcs.yaml": contract,
    "score-histogram.png": picture,
    "score-histogram.svg": drawing,
}
