"""Which language the words of a text are in, as far as its letters beyond ASCII tell: to choose between two decodings of it.

Letters of each language in the order of their frequency, after the tables of the Wikipedia article "Letter frequency" and,
where a language is not in them, its alphabet ordered by hand. The chance of a letter is taken to fall with its rank (Zipf).
"""

import unicodedata
from collections import Counter
from functools import lru_cache
from math import log

_LETTERS = (
    "éèàêçôîûùâëïœæ",  # French
    "äüößé",  # German
    "óíáéñúü",  # Spanish
    "ãçáéíóêõúâàô",  # Portuguese
    "àèùòìéî",  # Italian
    "àóíèéçòúïü",  # Catalan
    "äåöé",  # Swedish, Finnish
    "åøæéó",  # Danish, Norwegian
    "ðáíóúþæöýé",  # Icelandic
    "éëïèöü",  # Dutch
    "äõüöšž",  # Estonian
    "íáéěýžčšřůúťňóď",  # Czech
    "áíéčžýšťúľôňäóďĺŕ",  # Slovak
    "łóążęśćńź",  # Polish
    "áéöíóőüúű",  # Hungarian
    "ăîțșâţş",  # Romanian
    "čšžćđ",  # Croatian, Slovenian
    "ıüşçğöîâ",  # Turkish
    "āīēšņļūčžģķ",  # Latvian
    "ėšųžįūąčę",  # Lithuanian
    "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё",  # Russian
    "оанівитерслкдмпуязьгбчхйшжїцющєфґ",  # Ukrainian
    "аиоетнрсвлкдпмзъбягуцчшжщйюхьф",  # Bulgarian
    "аиоенрстуједквмлпзгбцхшћжчљфњђџ",  # Serbian
    "αοιετσνηυρπκμλωςόίθάγέήδύφώχβξζψϊϋΐΰ",  # Greek
    "יוהלאמרתבשנדעקחפכגםסטןזצךףץ",  # Hebrew
    "اليمنرتوبةعدسفهكقحجشصطخضذثىأإآزغظءؤئپچژگ",  # Arabic, Persian
    "านรอกเงมยลวดทสตะปบคหแจพชขใไโผซธฐฒณภศษฝฟฤฉญฎฏฌฆ่้ิีุูัํ็์๊๋ำึื",  # Thai
)
#: What a letter costs that no language explains, and what each further language costs.
UNEXPLAINED, ANOTHER_LANGUAGE = 9.0, 2.0


def _costs(letters: str) -> dict[str, float]:
    total = sum(1 / rank for rank in range(1, len(letters) + 1))
    return {letter: log(rank * total) for rank, letter in enumerate(letters, 1)}


_COSTS = tuple(_costs(letters) for letters in _LETTERS)


def is_letter(character: str) -> bool:
    """Whether a character is part of a word: a letter, or a sign above or below one."""
    return unicodedata.category(character)[0] in "LM"


def cost(text: str) -> float:
    """How little the letters beyond ASCII are like those of words, in natural logarithms: smaller is likelier. 0 for ASCII."""
    spelt = "".join(c if is_letter(c) else " " for c in text.lower()).split()
    words = Counter(letters for word in spelt if (letters := "".join(c for c in word if c > "\x7f")))
    total = 0.0
    languages: Counter[int] = Counter()
    for letters, times in words.items():
        best, language = _explained(letters)
        total += best * times
        if language >= 0:
            languages[language] += times
    return total + ANOTHER_LANGUAGE * max(0, len(languages) - 1)


@lru_cache(8192)
def _explained(letters: str) -> tuple[float, int]:
    """(cost, number of the language) of the letters of one word; -1 where no language has them all."""
    best, found = UNEXPLAINED * len(letters), -1
    for number, costs in enumerate(_COSTS):
        if all(letter in costs for letter in letters) and (sum_ := sum(costs[letter] for letter in letters)) < best:
            best, found = sum_, number
    return best, found
