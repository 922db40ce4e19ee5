"""Records of one kind, on ground that is not ours: `python -m benchmarks.same_kind`.

Songs of five dirty sources (MusicBrainz 20 K of Leipzig University), each pair of sources linked one to one: macro F1 over the
ten pairs, time of one core, memory. Ours decides by itself; peers stand at the threshold of the best F1 of each pair of sources,
chosen by the truth. Needs ../shared/data/musicbrainz20k.
"""

import argparse
import csv
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import combinations
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from rich.console import Console
from rich.table import Table

from benchmarks.figures import Figure, record
from benchmarks.quality.worlds import SHARED
from benchmarks.scale.memory import PeakMemory
from soundtracks.matching.same_kind import Records, link_records, texts

SOURCES = range(1, 6)
#: What tells the truth, and what is each source's own.
_HIDDEN = ("id", "cluster_id", "source")
#: A word that more records of a source hold blocks nothing: by such words Splink had not ended after minutes, in 24 GB.
COMMON = 100

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
#: Scored pairs: left row, right row, score.
Scored = tuple[Ints, Ints, Floats]
Linker = Callable[[Records, Records], Scored]


def ours(left: Records, right: Records) -> Scored:
    """Accepted pairs only: their score is 1."""
    links = [link for link in link_records(left, right, one_to_one=True).to_pylist() if link["decision"] == "accept"]
    row, other = ({name: at for at, name in enumerate(side.ids)} for side in (left, right))
    return (
        np.array([row[link["left_id"]] for link in links], dtype=np.int64),
        np.array([other[link["right_id"]] for link in links], dtype=np.int64),
        np.ones(len(links)),
    )


def rapidfuzz(left: Records, right: Records) -> Scored:
    """token_sort_ratio of all text: the best right record of each left one."""
    from rapidfuzz import fuzz, process

    ratio = process.cdist(texts(left, set()), texts(right, set()), scorer=fuzz.token_sort_ratio, dtype=np.uint8)
    return np.arange(len(left)), ratio.argmax(axis=1), ratio.max(axis=1).astype(float)


def tfidf(left: Records, right: Records) -> Scored:
    """Cosine of all text's character 3-grams, weighted by TF-IDF (scikit-learn)."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    ours, theirs = texts(left, set()), texts(right, set())
    vectors = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 3)).fit(ours + theirs)
    cosine = vectors.transform(ours) @ vectors.transform(theirs).T
    return np.arange(len(left)), np.asarray(cosine.argmax(axis=1)).ravel(), cosine.max(axis=1).toarray().ravel()


def splink(left: Records, right: Records) -> Scored:
    """Splink on words of all text, blocked by each word of five letters or more that few records hold, and on the columns of
    numbers as they stand."""
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on
    from splink.internals.exceptions import EMTrainingException

    logging.getLogger("splink").setLevel(logging.ERROR)
    database = DuckDBAPI()
    tables = [database.register(_words(records)) for records in (left, right)]
    by_word = block_on("long", arrays_to_explode=["long"])
    settings = SettingsCreator(
        link_type="link_only",
        # the words of both records, kept with each pair, are most of its memory
        retain_matching_columns=False,
        retain_intermediate_calculation_columns=False,
        probability_two_random_records_match=1 / (2 * len(right)),  # every second record has its other
        blocking_rules_to_generate_predictions=[by_word],
        comparisons=[
            cl.ArrayIntersectAtSizes("words", [8, 6, 5, 4, 3, 2, 1]),
            cl.ExactMatch("number"),
            cl.ExactMatch("year"),
        ],
    )
    linker = Linker(tables, settings, log_level=logging.ERROR)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    for rule in (block_on("longest"), block_on("number", "year")):
        with suppress(EMTrainingException):
            linker.training.estimate_parameters_using_expectation_maximisation(rule)
    pairs = linker.inference.predict(threshold_match_probability=0.0001).as_pandas_dataframe()  # type: ignore[no-untyped-call]
    from_left = pairs["unique_id_l"].str.startswith("l")
    rows = pairs["unique_id_l"].where(from_left, pairs["unique_id_r"]).str[1:].astype(int).to_numpy()
    others = pairs["unique_id_r"].where(from_left, pairs["unique_id_l"]).str[1:].astype(int).to_numpy()
    return rows, others, pairs["match_weight"].to_numpy()


_made = iter("lr" * 1000)


def _words(records: Records) -> pd.DataFrame:
    side = next(_made)
    text = texts(records, {"number", "year", "length"})
    words = [sorted(set(line.split())) for line in text]
    held = Counter(word for line in words for word in line)
    telling = [[word for word in line if len(word) >= 5 and held[word] <= COMMON] for line in words]
    digits = {name: [value.strip("'").lstrip("0")[-2:] or None for value in records.columns[name]] for name in ("number", "year")}
    return pd.DataFrame(
        {
            "unique_id": [f"{side}{row}" for row in range(len(records))],
            "text": text,
            "words": words,
            "longest": [max(line, key=len, default=None) for line in telling],
            "long": telling,
            **digits,
        }
    )


def one_to_one(scored: Scored) -> Scored:
    """The highest scores whose records are not linked yet."""
    rows, others, score = scored
    ours, theirs, kept = set[int](), set[int](), list[int]()
    for pair in np.argsort(-score, kind="stable").tolist():
        if rows[pair] not in ours and others[pair] not in theirs:
            ours.add(rows[pair])
            theirs.add(others[pair])
            kept.append(pair)
    return rows[kept], others[kept], score[kept]


def best_f1(scored: Scored, left: list[str], right: list[str]) -> float:
    """F1 from the threshold on that makes it highest; equal scores are accepted together."""
    rows, others, score = scored
    true = np.cumsum([left[row] == right[other] for row, other in zip(rows, others, strict=True)])
    ends = np.flatnonzero(np.append(score[1:] < score[:-1], True))
    return float((2 * true[ends] / (ends + 1 + len(set(left) & set(right)))).max())


def read(folder: Path) -> dict[int, tuple[Records, list[str]]]:
    """Source -> (records, what each is, by the truth)."""
    found = {}
    for source in SOURCES:
        with (folder / f"{source}.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        columns = {name: [row[name] for row in rows] for name in rows[0] if name not in _HIDDEN}
        found[source] = Records([row["id"] for row in rows], columns), [row["cluster_id"] for row in rows]
    return found


LINKERS: dict[str, Linker] = {"ours": ours, "tfidf": tfidf, "rapidfuzz": rapidfuzz, "splink": splink}


def measured(sources: dict[int, tuple[Records, list[str]]], names: list[str]) -> Iterator[tuple[str, list[float], float, int]]:
    """(linker, F1 of each pair of sources, seconds of CPU, peak bytes)."""
    for name in names:
        linker = LINKERS[name]
        with PeakMemory(0.1) as memory:
            started = time.process_time()
            found = [
                best_f1(one_to_one(linker(left, right)), of_left, of_right)
                for (left, of_left), (right, of_right) in combinations(sources.values(), 2)
            ]
            seconds = time.process_time() - started
        yield name, found, seconds, memory.bytes


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.same_kind", description=__doc__)
    parser.add_argument("--dry", action="store_true", help="record nothing")
    parser.add_argument("--only", choices=LINKERS, nargs="+", default=list(LINKERS), help="some linkers; records nothing")
    asked = parser.parse_args()
    pairs = [f"{left}-{right}" for left, right in combinations(SOURCES, 2)]
    table = Table(title="MusicBrainz 20 K: F1 of ten pairs of sources")
    for column in ("", *pairs, "macro", "CPU s", "MB"):
        table.add_column(column, justify="right")
    figures: dict[str, Figure] = {}
    for name, found, seconds, peak in measured(read(SHARED / "musicbrainz20k"), asked.only):
        macro = float(np.mean(found))
        table.add_row(name, *(f"{f1:.3f}" for f1 in found), f"{macro:.4f}", f"{seconds:.0f}", f"{peak / 2**20:,.0f}")
        figures |= {
            f"{name}.macro_f1": Figure(round(macro, 4), f"{macro:.3f}"),
            f"{name}.cpu": Figure(round(seconds, 1), f"{seconds:.0f}"),
        }
        figures[f"{name}.mb"] = Figure(round(peak / 2**20), f"{peak / 2**20:,.0f}")
    Console(width=140).print(table)
    if not asked.dry and asked.only == list(LINKERS):
        record("same_kind", figures, command="python -m benchmarks.same_kind")


if __name__ == "__main__":
    main()
