"""Character 3-grams of canonical names as sparse matrices, without a Python loop over names.

A name " home " has the grams `" ho"`, `"hom"`, `"ome"`, `"me "`. Grams are hashed into a fixed number of columns, so
batches made by different workers agree without a shared vocabulary.
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.sparse import csr_matrix
from sparse_dot_topn import sp_matmul_topn
from xxhash import xxh3_64_intdigest

#: Columns. Real titles have some 30,000 frequent grams; at 2^18 collisions among them are rare.
BUCKETS = 1 << 18

_SEPARATOR = ord("\n")  # never inside a canonical name
MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio: Fibonacci hashing (Knuth, TAOCP 3, 6.4)

Ints = npt.NDArray[np.int64]


def gram_matrix(names: list[str]) -> csr_matrix:
    """One row a name, one column a gram bucket, 1.0 (float32) where the name has the gram. Indices are sorted."""
    text = "\n".join(f" {name} " for name in names) + "\n"
    # surrogatepass: a lone surrogate in a title must not end the run
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)
    ends = codes == _SEPARATOR
    row = np.cumsum(ends)[:-2]
    inside = ~(ends[:-2] | ends[1:-1] | ends[2:])
    mixed = (codes[:-2] << np.uint64(42)) ^ (codes[1:-1] << np.uint64(21)) ^ codes[2:]
    bucket = ((mixed * MULTIPLIER) >> np.uint64(64 - 18)).astype(np.int32)
    starts = np.zeros(len(names) + 1, dtype=np.int32)
    np.cumsum(np.bincount(row[inside], minlength=len(names)), out=starts[1:])
    matrix = csr_matrix((np.ones(starts[-1], dtype=np.float32), bucket[inside], starts), shape=(len(names), BUCKETS))
    matrix.sum_duplicates()
    matrix.data[:] = 1.0
    return matrix


def rarest(matrix: csr_matrix, frequency: npt.NDArray[np.integer], budget: int, at_least: int) -> csr_matrix:
    """Keeps of each row its rarest grams, as many as have `budget` occurrences together, and `at_least` so many.

    Bounds the work of a look-up whatever the size of the catalogue: common grams ("the", "ing") cost most and
    tell least. Grams that no film has are dropped.
    """
    row = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    count = frequency[matrix.indices].astype(np.int64)
    known = count > 0
    row, count, column, data = row[known], count[known], matrix.indices[known], matrix.data[known]
    order = np.lexsort((column, count, row))
    row, count, column, data = row[order], count[order], column[order], data[order]
    starts = np.searchsorted(row, np.arange(matrix.shape[0] + 1))
    total = np.append(0, np.cumsum(count))
    within = total[1:] - np.repeat(total[starts[:-1]], np.diff(starts))
    rank = np.arange(len(row)) - np.repeat(starts[:-1], np.diff(starts))
    keep = (within <= budget) | (rank < at_least)
    indptr = np.zeros(matrix.shape[0] + 1, dtype=np.int32)
    np.cumsum(np.bincount(row[keep], minlength=matrix.shape[0]), out=indptr[1:])
    return csr_matrix((data[keep], column[keep], indptr), shape=matrix.shape)


def rarity(names: int, frequency: npt.NDArray[np.integer]) -> npt.NDArray[np.float32]:
    """Inverse document frequency of each gram, smoothed as scikit-learn's TfidfTransformer does it."""
    idf: npt.NDArray[np.float32] = (np.log((1 + names) / (1 + frequency)) + 1).astype(np.float32)
    return idf


def normalised(matrix: csr_matrix, weight: npt.NDArray[np.float32]) -> csr_matrix:
    """The matrix with its grams weighted and each row of length one (rows without grams stay empty)."""
    data = matrix.data * weight[matrix.indices]
    # reduceat wants an element after the last row, and gives empty rows their neighbour's, which nothing uses
    squares = np.add.reduceat(np.append(data**2, np.float32(0)), matrix.indptr[:-1]) if matrix.shape[0] else data
    data /= np.repeat(np.sqrt(squares), np.diff(matrix.indptr))
    return csr_matrix((data, matrix.indices, matrix.indptr), shape=matrix.shape)


def most_alike(grams: csr_matrix, by_gram: csr_matrix, count: int, least: float) -> tuple[Ints, Ints]:
    """(row of `grams`, column of `by_gram`), at most so many for each row, of the highest products; none below `least`."""
    products = sp_matmul_topn(grams, by_gram, top_n=count, threshold=least)
    row = np.repeat(np.arange(products.shape[0]), np.diff(products.indptr))
    return row, products.indices[: len(row)].astype(np.int64)


def name_hash(names: pa.Array | pa.ChunkedArray) -> npt.NDArray[np.uint64]:
    """64-bit hash of each string, of its UTF-8 (XXH3): the same in every process and on every machine."""
    return np.fromiter(map(xxh3_64_intdigest, names.cast(pa.binary()).fill_null(b"").to_pylist()), np.uint64, len(names))
