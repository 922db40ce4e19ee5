"""What a run notes of its stages."""

import pyarrow as pa

from tasks.lake import Lake
from tasks.listing import Listed
from tasks.metrics import ValidationMetrics
from tasks.quality import Validated
from tasks.runs import Run


def test_titles_that_could_not_be_read_count_as_set_aside(lake: Lake) -> None:
    ref = lake.publish_table("silver/titles", pa.table({"title": ["Alien", "Aliens"]}))
    valid = Validated(ref=ref, metrics=ValidationMetrics(rows=2, quarantined=1, warnings=0), docs="docs", warnings=[])
    run = Run("r1", lake)
    with run.stage("titles"):
        assert run.listed(Listed(ref=ref, file="films.csv", rows=5, unreadable=3), valid) == ref
    saved = lake.read_json("runs/r1/metrics.json")
    assert saved["validation"]["titles"] == {"rows": 5, "quarantined": 4, "warnings": 0}
    assert saved["titles"] == {"file": "films.csv", "rows": 5, "unique": 2}
    assert list(saved["stages"]) == ["titles"]
