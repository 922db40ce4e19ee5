"""What TMDB and Discogs ask to be said beside their data, and under which terms it may be used."""

#: Discogs' API terms of use: this sentence, with a followed link, beside the data; and the notice of non-affiliation.
DISCOGS_NOTICE = "Data provided by Discogs."
DISCOGS_URL = "https://www.discogs.com"
DISCOGS_AFFILIATION = "This application uses Discogs' API but is not affiliated with, sponsored or endorsed by Discogs."
DISCOGS_LICENCE = "Albums: Discogs' API terms of use; CC0 where they come from Discogs' monthly data dumps."
DISCOGS_LICENCE_URL = "https://support.discogs.com/hc/articles/360009334593-API-Terms-of-Use"

#: TMDB's terms of use: this sentence wherever its data is shown.
TMDB_NOTICE = "This product uses the TMDB API but is not endorsed or certified by TMDB."
TMDB_URL = "https://www.themoviedb.org"
TMDB_LICENCE = "Films: TMDB's API terms of use, non-commercial with attribution."
TMDB_LICENCE_URL = "https://www.themoviedb.org/api-terms-of-use"

CC0_URL = "https://creativecommons.org/publicdomain/zero/1.0/"
#: Of films from Wikidata and albums from Discogs' dumps (plan cc0): nothing of it came from an API.
OPEN_NOTICES = (
    f"Films: Wikidata, CC0. Albums: Discogs' monthly data dumps, CC0. {DISCOGS_URL}",
    "No API was asked: ids and names may be used for any purpose.",
)

#: Of what the services told, in the order in which they are shown.
NOTICES = (
    f"{DISCOGS_NOTICE} {DISCOGS_URL}",
    DISCOGS_AFFILIATION,
    DISCOGS_LICENCE,
    f"{TMDB_NOTICE} {TMDB_URL}",
    TMDB_LICENCE,
)
