"""The peers: Splink on DuckDB, and the rule of the system that this project replaces, in Spark.

Splink gets our canonical titles (raw ones would block almost nothing), frequencies of titles as its manual advises, and
the threshold at which its F1 is best. It is measured twice: blocked as one would at first, and blocked so widely that true
pairs are about as seldom missing from its candidates as from ours.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from soundtracks.matching.spark.session import start_session
from soundtracks.text.canonical import album_names, film_names

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Result:
    """`seconds` is extrapolated where only `sampled` of the albums were linked. `completeness`: true pairs among candidates."""

    name: str
    seconds: float
    candidates: int
    precision: float
    recall: float
    completeness: float | None = None
    sampled: float = 1.0


def score(truth: npt.NDArray[np.int64], linked: npt.NDArray[np.int64]) -> tuple[float, float]:
    """(precision, recall) of film rows by album, -1: none."""
    right = int(((linked == truth) & (linked >= 0)).sum())
    return right / max(1, int((linked >= 0).sum())), right / max(1, int((truth >= 0).sum()))


def score_pairs(truth: Rows, album: Rows, film: Rows) -> tuple[float, float]:
    """(precision, recall) of links given as pairs of rows."""
    linked = np.full(len(truth), -1)
    linked[album] = film
    return score(truth, linked)


def score_at_best(truth: Rows, album: Rows, film: Rows, probability: npt.NDArray[np.float64]) -> tuple[float, float]:
    """(precision, recall) of the pairs from that probability on which gives the best F1."""
    kept = (probability >= least for least in np.linspace(0.01, 0.999, 60))
    return max((score_pairs(truth, album[some], film[some]) for some in kept), key=_f1)


def splink(films: pa.Table, albums: pa.Table, truth: npt.NDArray[np.int64], *, widely: bool = False) -> Result:
    """Fellegi–Sunter by Splink: a row for each name of a film, blocked by title, by title's start and year, by composer.

    `widely`: also by the title's first five letters alone, and by its last five and the year.
    """
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on
    from splink.internals.exceptions import EMTrainingException

    logging.getLogger("splink").setLevel(logging.ERROR)
    started = time.monotonic()
    database = DuckDBAPI()
    tables = [database.register(frame) for frame in (film_rows(films), album_rows(albums))]
    by_title, by_start, by_composer = block_on("title"), block_on("substr(title, 1, 7)", "year"), block_on("composer", "year")
    wider = [block_on("substr(title, 1, 5)"), block_on("substr(title, -5)", "year")] if widely else []
    settings = SettingsCreator(
        link_type="link_only",
        blocking_rules_to_generate_predictions=[by_title, by_start, by_composer, *wider],
        comparisons=[
            cl.JaroWinklerAtThresholds("title", [0.95, 0.85]).configure(term_frequency_adjustments=True),
            cl.CustomComparison(output_column_name="year", comparison_levels=_year_levels()),
            cl.JaroWinklerAtThresholds("composer", [0.92, 0.8]),
        ],
    )
    linker = Linker(tables, settings, log_level=logging.ERROR)
    linker.training.estimate_probability_two_random_records_match([block_on("title", "year")], recall=0.6)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    for rule in (by_title, by_composer):
        with suppress(EMTrainingException):  # films without composers give no pairs to learn from
            linker.training.estimate_parameters_using_expectation_maximisation(rule)
    pairs = linker.inference.predict(threshold_match_probability=0.001).as_pandas_dataframe()  # type: ignore[no-untyped-call]
    from_album = pairs["unique_id_l"].str.startswith("a")
    pairs["album"] = pairs["unique_id_l"].where(from_album, pairs["unique_id_r"]).str[1:].astype(int)
    pairs["film"] = pairs["unique_id_r"].where(from_album, pairs["unique_id_l"]).str[1:].str.split("_").str[0].astype(int)
    best = pairs.sort_values(["match_weight", "film"], ascending=[False, True]).drop_duplicates("album")
    seconds = time.monotonic() - started
    chosen = (best[name].to_numpy() for name in ("album", "film", "match_probability"))
    precision, recall = score_at_best(truth, *chosen)
    name = "Splink 5 (DuckDB), our canonical titles" + (", blocked widely" if widely else "")
    true = pairs["album"][truth[pairs["album"]] == pairs["film"]].nunique()
    return Result(name, seconds, len(pairs), precision, recall, true / max(1, int((truth >= 0).sum())))


def old_rule(films: pa.Table, albums: pa.Table, truth: npt.NDArray[np.int64], sample: int, master: str) -> Result:
    """token_set_ratio >= 85 within a year of the album's, best score wins: albums in Spark, films in every worker."""
    share = min(1.0, sample / len(albums))
    chosen = np.linspace(0, len(albums) - 1, round(len(albums) * share)).astype(int)
    session = start_session(master)
    frame = session.createDataFrame(
        pd.DataFrame(
            {
                "album": chosen,
                "title": albums["title"].take(pa.array(chosen)).to_pandas(),
                "year": albums["year"].take(pa.array(chosen)).to_pandas().fillna(0).astype(int),
            }
        )
    ).repartition(session.sparkContext.defaultParallelism * 4)
    by_year = {
        year: (rows.index.to_numpy(), rows["title"].to_list())
        for year, rows in films.select(["title", "year"]).to_pandas().groupby("year")
    }
    shared = session.sparkContext.broadcast(by_year)

    def link(frames: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        from rapidfuzz import fuzz, process, utils

        compare = partial(process.extractOne, scorer=fuzz.token_set_ratio, processor=utils.default_process, score_cutoff=85)
        for part in frames:
            out = []
            for album, title, year in part.itertuples(index=False):
                best, scored = (85.0, -1), 0
                for near in (year - 1, year, year + 1):
                    rows, titles = shared.value.get(near, ((), []))
                    scored += len(titles)
                    found = compare(title, titles)
                    if found and found[1] > best[0] - (best[1] < 0):
                        best = (found[1], int(rows[found[2]]))
                out.append((album, best[1], scored))
            yield pd.DataFrame(out, columns=["album", "film", "scored"])

    started = time.monotonic()
    linked = frame.mapInPandas(link, "album long, film long, scored long").toPandas().sort_values("album")
    seconds = (time.monotonic() - started) / share
    precision, recall = score(truth[linked["album"]], linked["film"].to_numpy())
    return Result("old rule in Spark", seconds, int(linked["scored"].sum() / share), precision, recall, sampled=share)


def film_rows(films: pa.Table) -> pd.DataFrame:
    """A row for each canonical name of each film: unique_id "f<row>_<n>", title, year, composer."""
    names = film_names(films).to_pandas()
    composer = [c[0].casefold() if c else None for c in films["composers"].to_pylist()]
    years = films["year"].to_pandas()
    return pd.DataFrame(
        {
            "unique_id": "f" + names["film"].astype(str) + "_" + names.index.astype(str),
            "title": names["key"],
            "year": years.to_numpy()[names["film"]],
            "composer": np.array(composer, dtype=object)[names["film"]],
        }
    )


def album_rows(albums: pa.Table) -> pd.DataFrame:
    """A row for each album: unique_id "a<row>", its surest canonical title, year, composer."""
    names = album_names(albums).to_pandas().sort_values(["album", "kind"], kind="stable").drop_duplicates("album")
    artist = albums["artist"].to_pandas().str.casefold().str.replace(r"\s*\(\d+\)$|\*$", "", regex=True)
    year = pc.coalesce(albums["first_year"], albums["year"]).to_pandas()
    return pd.DataFrame(
        {
            "unique_id": "a" + names["album"].astype(str),
            "title": names["key"],
            "year": year.to_numpy()[names["album"]],
            "composer": artist.where(artist != "various", None).to_numpy()[names["album"]],
        }
    )


def _year_levels() -> list[Any]:
    apart = "abs(year_l - year_r)"
    return [
        {"sql_condition": "year_l IS NULL OR year_r IS NULL", "label_for_charts": "unknown", "is_null_level": True},
        {"sql_condition": "year_l = year_r", "label_for_charts": "same"},
        {"sql_condition": f"{apart} <= 1", "label_for_charts": "within a year"},
        {"sql_condition": f"{apart} <= 5", "label_for_charts": "within five"},
        {"sql_condition": "ELSE", "label_for_charts": "apart"},
    ]


def _f1(scored: tuple[float, float]) -> float:
    return 2 * scored[0] * scored[1] / max(1e-9, sum(scored))
