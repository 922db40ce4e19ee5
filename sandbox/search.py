"""Full-text search as catalogue services do it: tolerant, ranked, and with loosely related hits further down."""

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable

# One CJK or kana character is a token of its own: those scripts write no spaces.
_TOKEN = re.compile(r"[぀-ヿ㐀-鿿가-힯]|[^\W_]+")


def tokens(text: str) -> list[str]:
    """Folded words: case, accents and width are gone; "Schindler's" is `schindlers`, "d'Amélie" `d` and `amelie`."""
    folded = unicodedata.normalize("NFKD", text.casefold().replace("’", "'").replace("'s", "s"))
    return _TOKEN.findall("".join(c for c in folded if not unicodedata.combining(c)))


class TextIndex:
    """An inverted index over documents, each some texts with their weights."""

    def __init__(self, documents: Iterable[Iterable[tuple[str, float]]]) -> None:
        self._postings: dict[str, dict[int, float]] = defaultdict(dict)
        lengths: list[float] = []
        for position, document in enumerate(documents):
            best: dict[str, float] = {}
            counts: Counter[str] = Counter()
            for text, weight in document:
                for token in tokens(text):
                    best[token] = max(weight, best.get(token, 0.0))
                    if weight >= 1:
                        counts[token] += 1
            lengths.append(math.sqrt(sum(counts.values()) or 1))
            for token, weight in best.items():
                self._postings[token][position] = weight
        self._lengths = lengths

    def _rarity(self, token: str) -> float:
        return math.log(1 + len(self._lengths) / (1 + len(self._postings.get(token, ()))))

    def search(self, query: str, *, share: float = 0.25) -> dict[int, float]:
        """Documents that hold at least `share` of the query's words by rarity → relevance, higher is better.

        Words that no document holds are passed over, so that a query rarely finds nothing.
        Long texts score lower than short ones that hold the same words, as in every such engine.
        """
        asked = [token for token in dict.fromkeys(tokens(query)) if token in self._postings]
        if not asked:
            return {}
        rarity = {token: self._rarity(token) for token in asked}
        found: dict[int, float] = defaultdict(float)
        score: dict[int, float] = defaultdict(float)
        for token in asked:
            for position, weight in self._postings.get(token, {}).items():
                found[position] += rarity[token]
                score[position] += rarity[token] * weight
        needed = share * sum(rarity.values())
        return {p: score[p] * found[p] / needed / (1 + self._lengths[p]) for p in found if found[p] >= needed}

    def containing(self, query: str, *, weight: float = 0.0) -> set[int]:
        """Documents that hold every word of the query in a text of at least this weight."""
        hits: set[int] | None = None
        for token in tokens(query):
            holding = {p for p, w in self._postings.get(token, {}).items() if w >= weight}
            hits = holding if hits is None else hits & holding
        return hits or set()


class Facets:
    """Exact filters: (field, value) → documents, case-insensitive."""

    def __init__(self) -> None:
        self._sets: dict[tuple[str, str], set[int]] = defaultdict(set)

    def add(self, position: int, field: str, values: Collection[str]) -> None:
        for value in values:
            self._sets[field, value.casefold()].add(position)

    def get(self, field: str, value: str) -> set[int]:
        return self._sets.get((field, value.casefold()), set())
