"""Who composes for films: a record by Roy Budd is rather film music than one by a rock band, also where it is not known who
composed for this film. Those who compose for the films of the list are known from it (`film_composers`).
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from soundtracks.matching.grams import name_hash

Hashes = npt.NDArray[np.uint64]

#: Where none is known.
NOBODY: Hashes = np.zeros(0, dtype=np.uint64)


def film_composers(names: pa.ChunkedArray | pa.Array) -> Hashes:
    """Hashes of all composers, ascending. `names`: canonical ones of each film, joined by "|" (features.film_features)."""
    everyone = pc.list_flatten(pc.split_pattern(pc.drop_null(names), "|"))
    return np.unique(name_hash(everyone)) if len(everyone) else NOBODY


def compose_for_films(credits: pa.Array, known: Hashes) -> npt.NDArray[np.bool_]:
    """Which canonical credits (null: unknown) are a known composer, or name one by first and last name."""
    found = np.zeros(len(credits), dtype=bool)
    if len(known):
        row, person = named_people(credits)
        found[row[among(person, known)]] = True
    return found


def named_people(credits: pa.Array) -> tuple[npt.NDArray[np.int64], Hashes]:
    """(row, hash) of whoever a canonical credit may name: the whole of it, and each two words side by side."""
    text = pc.fill_null(credits, "")
    words = pc.split_pattern(text, " ")
    row, word = pc.list_parent_indices(words).to_numpy(), pc.list_flatten(words)
    neighbours = np.flatnonzero(row[1:] == row[:-1])
    pairs = pc.binary_join_element_wise(word.take(pa.array(neighbours)), word.take(pa.array(neighbours + 1)), " ")
    rows = np.concatenate([np.arange(len(text)), row[neighbours]]).astype(np.int64)
    return rows, np.concatenate([name_hash(text), name_hash(pairs)])


def among(hashed: Hashes, known: Hashes) -> npt.NDArray[np.bool_]:
    """Which hashes are among the known ones, which are ascending and at least one."""
    at = np.minimum(np.searchsorted(known, hashed), len(known) - 1)
    among: npt.NDArray[np.bool_] = known[at] == hashed
    return among
