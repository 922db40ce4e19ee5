"""Other ways to link films and albums, beside ours, in one table: `python -m benchmarks.peers`.

Two worlds: a seeded catalogue (benchmarks.scale) whose films are all known, and, where the shared data are, an open world: real
albums, with a random fifth of their films in the list. Each way runs in a process of its own, on the machine's cores as it
uses them. Peers stand at the threshold of their best F1, chosen on the very rows they are scored on; ours is as it is shipped,
with weights that were fitted on the open world's albums too (benchmarks.quality has it without them). Times and memory are of
the whole way: reading titles, candidates, scores.

Splink and GoldenMatch get our canonical titles, without which they would block almost nothing; Splink in two blockings. Its
authors say that it is meant for records of several columns, and not for one column of words, which a title is.
"""

import argparse
import multiprocessing
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
import pyarrow.compute as pc
from rich.console import Console
from rich.table import Table

from benchmarks.figures import Figure, record
from benchmarks.quality import peers
from benchmarks.quality.worlds import SHARED, LabelledSet, World
from benchmarks.scale.catalogue import make_catalogue
from benchmarks.scale.memory import PeakMemory
from benchmarks.scale.peers import album_rows, film_rows
from soundtracks.matching.pipeline import match

SEED = 20261124


@dataclass(frozen=True)
class Way:
    """`key`: of its figures. `given`: what it gets to see."""

    key: str
    name: str
    given: str
    run: Callable[[World], tuple[float, float]]


@dataclass(frozen=True)
class Outcome:
    """`seconds` of wall clock, `cpu` of all its processes' cores; `peak`: bytes."""

    precision: float
    recall: float
    seconds: float
    cpu: float
    peak: int

    @property
    def f1(self) -> float:
        return 2 * self.precision * self.recall / max(1e-9, self.precision + self.recall)


def as_shipped(world: World) -> tuple[float, float]:
    """(precision, recall) of our accepted links."""
    links, _ = match(world.films, world.of.albums, engine="local")
    accepted = links.filter(pc.equal(links["decision"], "accept"))
    wanted = dict(zip(world.of.albums["album_id"].to_pylist(), world.wanted, strict=True))
    pairs = zip(accepted["album_id"].to_pylist(), accepted["tmdb_id"].to_pylist(), strict=True)
    right = np.array([film in wanted[album] for album, film in pairs])
    return float(right.mean()), float(right.sum()) / _wanted(world)


def splink_closely(world: World) -> tuple[float, float]:
    _, precision, recall = peers.splink(world)
    return precision, recall


def splink_widely(world: World) -> tuple[float, float]:
    _, precision, recall = peers.splink(world, widely=True)
    return precision, recall


def _at_best(world: World, peer: peers.Peer) -> tuple[float, float]:
    _, precision, recall = peer.at_best(_wanted(world))
    return precision, recall


def wratio(world: World) -> tuple[float, float]:
    return _at_best(world, peers.wratio(world))


def tfidf(world: World) -> tuple[float, float]:
    return _at_best(world, peers.tfidf(world))


def old_rule(world: World) -> tuple[float, float]:
    return _at_best(world, peers.old_rule(world))


def goldenmatch(world: World) -> tuple[float, float]:
    """GoldenMatch as its manual has it for named columns: fuzzy title and composer, blocked by year."""
    import goldenmatch
    import polars

    years = polars.col("year").cast(polars.Int32)  # pandas has "2015.0" beside unknown ones, which is in no block with "2015"
    films, albums = (polars.from_pandas(of).with_columns(years) for of in (film_rows(world.films), album_rows(world.of.albums)))
    fuzzy = {"title": 0.85, "composer": 0.8}
    pairs = goldenmatch.match_df(albums, films, fuzzy=fuzzy, blocking=["year"], threshold=0.5).matched
    ids = world.films["tmdb_id"].to_pylist()
    score, right = np.full(len(world.wanted), -np.inf), np.zeros(len(world.wanted), dtype=bool)
    columns = (pairs[name].to_pylist() for name in ("target_unique_id", "ref_unique_id", "__match_score__"))
    for album, film, found in zip(*columns, strict=True):
        row = int(album[1:])
        if found > score[row]:
            score[row], right[row] = found, ids[int(film[1:].split("_")[0])] in world.wanted[row]
    return _at_best(world, peers.Peer("GoldenMatch", score, right, 0.0))


def _wanted(world: World) -> int:
    return max(1, sum(bool(wanted) for wanted in world.wanted))


WAYS = (
    Way("ours", "Soundtrack Links, as shipped", "all columns", as_shipped),
    Way("splink_closely", "Splink (DuckDB), blocked closely", "canonical titles, year, composer", splink_closely),
    Way("splink_widely", "Splink (DuckDB), blocked widely", "canonical titles, year, composer", splink_widely),
    Way("goldenmatch", "GoldenMatch, blocked by year", "canonical titles, year, composer", goldenmatch),
    Way("rapidfuzz", "RapidFuzz WRatio", "titles", wratio),
    Way("tfidf", "TF-IDF of 3-grams (scikit-learn)", "titles", tfidf),
    Way("old_rule", "the former system's rule", "titles, years", old_rule),
)


def made_world(films: int, albums: int) -> World:
    """The seeded catalogue, all of its films in the list."""
    made = make_catalogue(films, albums, SEED)
    ids = made.films["tmdb_id"].to_pylist()
    wanted = [frozenset({ids[film]} if film >= 0 else ()) for film in made.truth.tolist()]
    return LabelledSet("made", made.films, made.albums, ["made"] * len(wanted), wanted).world()


def measured(way: Way, world: World) -> Outcome:
    """Runs a way in this process, which should be a new one."""
    with PeakMemory(0.1) as memory:
        started, cpu = time.monotonic(), _cpu()
        precision, recall = way.run(world)
        seconds, cpu = time.monotonic() - started, _cpu() - cpu
    return Outcome(precision, recall, seconds, cpu, memory.bytes)


def _cpu() -> float:
    import resource

    return sum(
        usage.ru_utime + usage.ru_stime for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def compared(name: str, world: World, ways: tuple[Way, ...], console: Console) -> dict[str, Figure]:
    """Prints the table of one world; its figures."""
    table = Table(title=f"{name}: {len(world.films):,} films × {len(world.of.albums):,} albums")
    for column in ("way", "given", "precision", "recall", "F1", "seconds", "CPU s", "MB"):
        table.add_column(column, justify="left" if column in ("way", "given") else "right")
    figures: dict[str, Figure] = {}
    for way in ways:
        if way.key == "goldenmatch" and find_spec("goldenmatch") is None:
            console.print("GoldenMatch is not installed: pip install goldenmatch polars, in an environment of its own.")
            continue
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
            found = process.submit(measured, way, world).result()
        cells = {"p": f"{found.precision:.3f}", "r": f"{found.recall:.3f}", "f1": f"{found.f1:.3f}"}
        cells |= {"s": f"{found.seconds:.1f}", "cpu": f"{found.cpu:.1f}", "mb": f"{found.peak / 2**20:,.0f}"}
        table.add_row(way.name, way.given, *cells.values())
        values = (found.precision, found.recall, found.f1, found.seconds, found.cpu, found.peak / 2**20)
        keys = zip(cells.items(), values, strict=True)
        figures |= {f"{name.replace(' ', '_')}.{way.key}.{key}": Figure(round(value, 4), text) for (key, text), value in keys}
    console.print(table)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.peers", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--films", type=int, default=5_000, help="films of the seeded catalogue")
    parser.add_argument("--albums", type=int, default=10_000, help="albums of the seeded catalogue")
    parser.add_argument("--dry", action="store_true", help="record nothing")
    asked = parser.parse_args()
    console = Console(width=140)
    figures = compared("catalogue", made_world(asked.films, asked.albums), WAYS, console)
    if (SHARED / "eval").is_dir():
        figures |= compared("open world", LabelledSet.read(SHARED / "eval").world(0.2, SEED), WAYS, console)
    else:
        console.print("No open world: ../shared/data/eval is not there.")
    console.print(
        "Peers at the threshold of their best F1 on these rows. Splink is meant for several columns, not for one of words."
    )
    if not asked.dry:
        record("peers", figures, command=f"python -m benchmarks.peers --films {asked.films} --albums {asked.albums}")


if __name__ == "__main__":
    main()
