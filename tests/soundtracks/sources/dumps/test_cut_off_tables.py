"""CSV and TSV of Wikidata's query service that it did not finish: it answers 200, and writes its error into the table."""

from pathlib import Path

import pytest

from soundtracks.errors import BadDump
from soundtracks.lake.lake import Lake
from soundtracks.sources.dumps import stream
from soundtracks.sources.dumps.importer import import_dump

HEADER = b"item,itemLabel,tmdb\n"
ROWS = HEADER + b"".join(b"http://www.wikidata.org/entity/Q%d,Film %d,%d\n" % (n, n, n) for n in range(1, 20))
TRACE = (
    b"java.util.concurrent.TimeoutException\n\tat java.util.concurrent.FutureTask.get(FutureTask.java:205)\n"
    b"\tat com.bigdata.rdf.sail.webapp.BigdataServlet.submitApiTask(BigdataServlet.java:292)\n"
)
ERROR = (
    "The query result ends with an error of the query service. The query service stops after a minute: ask for less at a time."
)
PART = "The query result ends within a row. The query service stops after a minute: ask for less at a time."


@pytest.mark.parametrize("piece", [7, 1 << 20])
@pytest.mark.parametrize("separator", [b",", b"\t"])
@pytest.mark.parametrize(
    ("end", "says"),
    [
        (TRACE, ERROR),
        (b"SPARQL-QUERY: queryStr=SELECT ?item WHERE {}\n" + TRACE, ERROR),
        (b"http://www.wikidata.org/entity/Q20,FilSPARQL-QUERY: queryStr=SELECT ?item\n" + TRACE, ERROR),
        (b'http://www.wikidata.org/entity/Q20,"Fil' + TRACE, ERROR),
        (TRACE[:37], ERROR),
        (b"http://www.wikidata.org/enti", PART),
        (b"http://www.wikidata.org/entity/Q20,Fil", PART),
        (b'http://www.wikidata.org/entity/Q20,"Film, 2', PART),
        (b'http://www.wikidata.org/entity/Q20,"Film\n', ""),  # a line break behind it: a quotation mark too many, no cut
        (b'http://www.wikidata.org/entity/Q20,"Film\n20",2', ""),
        (b"http://www.wikidata.org/entity/Q20,Film 20,20", ""),
        (b"\n\n", ""),
        (b"", ""),
    ],
)  # fmt: skip
def test_a_result_that_the_service_did_not_finish_is_refused(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: bytes, says: str, separator: bytes, piece: int
) -> None:
    monkeypatch.setattr(stream, "_READ", piece)
    path = tmp_path / "query.csv"
    path.write_bytes((ROWS + end).replace(b",", separator))
    if not says:
        assert import_dump(lake, path).ref.rows in (19, 20)
        return
    with pytest.raises(BadDump) as caught:
        import_dump(lake, path)
    assert str(caught.value) == says
    assert lake.current("silver/wikidata-items") is None
    assert lake.list("raw") == []


def test_a_cell_that_is_too_long_is_set_aside(lake: Lake, tmp_path: Path) -> None:
    path = tmp_path / "query.csv"
    path.write_bytes(ROWS + b"Q20," + b"x" * 140_000 + b",20\n")
    done = import_dump(lake, path)
    assert (done.ref.rows, done.quarantined) == (19, 1)
