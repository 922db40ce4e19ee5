"""Rules of the domain, each an expectation with a name, a reason and a severity.

critical: rows that break it go to quarantine. warning: counted and shown, the rows go on.
"""

from datetime import UTC, datetime

import great_expectations.expectations as gxe
from great_expectations.expectations.row_conditions import Column, Condition

from soundtracks.text.folding import MAX_LENGTH

CRITICAL, WARNING = "critical", "warning"

#: Passage de Venus, 1874, is the oldest title in TMDB.
FIRST_FILM = 1874
#: The first recordings that Discogs lists for sale.
FIRST_RECORD = 1887
#: TMDB announces films some years ahead.
LAST_YEAR = datetime.now(UTC).year + 10


class ExpectSomeRows(gxe.ExpectTableRowCountToBeBetween):
    """Column rules pass on an empty table, so each suite needs this one."""

    min_value: int = 1
    severity: str = CRITICAL
    description: str = "There is at least one row."


class ExpectColumn(gxe.ExpectColumnToExist):
    severity: str = CRITICAL
    description: str = "The column is there."


class ExpectKnown(gxe.ExpectColumnValuesToNotBeNull):
    severity: str = CRITICAL
    description: str = "The value is given."


class ExpectTitleOrId(gxe.ExpectColumnValuesToNotBeNull):
    row_condition: Condition = Column("tmdb_id").is_null() & Column("imdb_id").is_null() & Column("wikidata_id").is_null()
    severity: str = CRITICAL
    description: str = "A title is given, or an id of TMDB, IMDb or Wikidata."


class ExpectMostlyKnown(gxe.ExpectColumnValuesToNotBeNull):
    mostly: float = 0.5
    severity: str = WARNING
    description: str = "At least half of the values are given; fewer make weak links."


class ExpectReadableTitle(gxe.ExpectColumnValuesToMatchRegex):
    regex: str = r"\S"
    severity: str = CRITICAL
    description: str = "The title has a character that is not a space."


class ExpectSaneLength(gxe.ExpectColumnValueLengthsToBeBetween):
    min_value: int = 1
    max_value: int = MAX_LENGTH
    severity: str = CRITICAL
    description: str = f"The title has at most {MAX_LENGTH} characters: longer ones are never titles."


class ExpectReadWhole(gxe.ExpectColumnValueLengthsToBeBetween):
    max_value: int = MAX_LENGTH
    severity: str = WARNING
    description: str = f"At most {MAX_LENGTH} characters: of longer texts only so much is read."


class ExpectNoControlCharacters(gxe.ExpectColumnValuesToNotMatchRegex):
    regex: str = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
    severity: str = CRITICAL
    description: str = "No control characters: they come from binary files and broken exports."


class ExpectFilmYear(gxe.ExpectColumnValuesToBeBetween):
    min_value: int = FIRST_FILM
    max_value: int = LAST_YEAR
    severity: str = CRITICAL
    description: str = f"A film's year lies from {FIRST_FILM} (the oldest film) to ten years ahead."


class ExpectAlbumYear(gxe.ExpectColumnValuesToBeBetween):
    min_value: int = FIRST_RECORD
    max_value: int = LAST_YEAR
    severity: str = CRITICAL
    description: str = f"An album's year lies from {FIRST_RECORD} (the first records) to ten years ahead; unknown is null, not 0."


class ExpectTmdbId(gxe.ExpectColumnValuesToMatchRegex):
    regex: str = r"^[1-9][0-9]{0,9}$"
    severity: str = CRITICAL
    description: str = "A TMDB id is a positive whole number."


class ExpectImdbId(gxe.ExpectColumnValuesToMatchRegex):
    regex: str = r"^tt[0-9]{7,10}$"
    severity: str = CRITICAL
    description: str = "An IMDb id is tt and at least seven digits."


class ExpectWikidataId(gxe.ExpectColumnValuesToMatchRegex):
    regex: str = r"^Q[1-9][0-9]{0,11}$"
    severity: str = CRITICAL
    description: str = "A Wikidata id is Q and a number."


class ExpectAlbumId(gxe.ExpectColumnValuesToMatchRegex):
    regex: str = r"^(?:master|release):[1-9][0-9]{0,11}$"
    severity: str = CRITICAL
    description: str = "An album id is master:ID or release:ID: the two kinds share numbers and must not be mixed up."


class ExpectUnique(gxe.ExpectColumnValuesToBeUnique):
    severity: str = CRITICAL
    description: str = "Each id stands once; two rows with one id contradict each other."


class ExpectDecision(gxe.ExpectColumnValuesToBeInSet):
    value_set: list[str] = ["accept", "review", "reject"]  # noqa: RUF012 - a pydantic field
    severity: str = CRITICAL
    description: str = "A decision is accept, review or reject."


class ExpectProbability(gxe.ExpectColumnValuesToBeBetween):
    min_value: float = 0.0
    max_value: float = 1.0
    severity: str = CRITICAL
    description: str = "A probability lies between 0 and 1."


class ExpectOneLinkAPair(gxe.ExpectCompoundColumnsToBeUnique):
    column_list: list[str] = ["album_id", "tmdb_id"]  # noqa: RUF012 - a pydantic field
    severity: str = CRITICAL
    description: str = "An album and a film are linked once."
