"""How right the model is where people looked: `python -m benchmarks.quality.labels labels.csv`.

labels.csv is what `soundtracks review --export` wrote. Its albums are matched anew by the shipped weights, without anybody's
decision, against all films of the lake, and compared with what people said. People look where the model was in doubt: expect
far less than on all albums, and read the numbers as what a review is worth.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from rich.console import Console
from rich.table import Table

from benchmarks.quality import peers
from benchmarks.quality.measure import Scored
from benchmarks.quality.truth import read_truth
from benchmarks.quality.worlds import LabelledSet, World
from soundtracks.errors import BadInput, SoundtracksError
from soundtracks.lake.lake import Lake
from soundtracks.matching.model import Model
from soundtracks.matching.pipeline import match


def load_reviewed(path: Path, lake: Lake) -> World:
    """The labelled albums of a lake, beside all its films. Raises BadInput when there is nothing to compare."""
    if not path.is_file():
        raise BadInput(f"There is no file {path}.", hint="Write it with: soundtracks review --export labels.csv")
    truth = read_truth(path)
    films, albums = (_current(lake, name) for name in ("silver/films", "silver/albums"))
    known = albums.filter(pc.is_in(albums["album_id"], value_set=pa.array(sorted(truth), pa.string())))
    if not known.num_rows:
        raise BadInput(
            f"None of the {len(truth)} labelled albums is in {lake.url}.", hint="Is it the lake they were reviewed in?"
        )
    ids = known["album_id"].to_pylist()
    found = LabelledSet("reviewed", films, known, [truth[i][0] for i in ids], [truth[i][1] for i in ids])
    return found.world()


def _current(lake: Lake, dataset: str) -> pa.Table:
    ref = lake.current(dataset)
    if ref is None:
        raise BadInput(f"{lake.url} has no {dataset}.", hint="Start with: soundtracks demo")
    return lake.read_table(ref)


def judge(data: World) -> Scored:
    """The model's own word on the albums."""
    links, _ = match(data.of.films, data.of.albums, engine="local")
    return Scored.of(links, data)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality.labels", description=__doc__)
    parser.add_argument("labels", type=Path, help="what `soundtracks review --export` wrote")
    given = parser.parse_args(arguments)
    console, model = Console(width=110), Model.load()
    try:
        data = load_reviewed(given.labels, Lake.from_settings())
    except SoundtracksError as error:
        console.print(str(error), markup=False)
        sys.exit(error.exit_code)
    old = peers.old_rule(data)
    count, wanted = len(data.wanted), sum(bool(films) for films in data.wanted)
    taken = old.score >= old.least
    by_rule = Scored(taken.astype(float), old.right, taken, taken & old.right, np.array([bool(films) for films in data.wanted]))
    view = Table("", title=f"{count} albums that people decided; {wanted} are soundtracks of a film", title_justify="left")
    for column in ("accepted", "of them right", "precision", "recall", "missed", "of these in review"):
        view.add_column(column, justify="right")
    view.add_row("this project's model", *cells(judge(data), model.review))
    view.add_row(old.name, *cells(by_rule, 1.1))
    console.print(view)


def cells(result: Scored, review: float) -> list[str]:
    """Counts and shares; a share of nothing is a dash."""
    right, wrong, missed = result.counts
    waiting = int((result.wanted & ~result.right & ~result.accepted & (result.probability >= review) & result.true).sum())
    shares = [f"{right / whole:.3f}" if whole else "–" for whole in (right + wrong, right + missed)]
    return [str(right + wrong), str(right), *shares, str(missed), str(waiting)]


if __name__ == "__main__":
    main()
