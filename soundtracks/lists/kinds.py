"""What kind of thing a row is, by the words that services and programs use for it in many languages."""

import re
from collections.abc import Sequence
from functools import lru_cache

FILM, ALBUM, SERIES, SEASON, EPISODE = "film", "album", "series", "season", "episode"

#: Words as they stand in columns of types, as names of keys and elements; letters and digits only, lower case.
_WORDS: dict[str, str] = {
    FILM: "movie movies film films featurefilm feature spielfilm kinofilm pelicula película"
    " peliculas películas filme filmes фильм фильмы кино мультфильм мультфильмы"
    " полнометражныйфильм elokuva filmy film电影 电影 電影 映画 영화 short shortfilm shortfilms"
    " kurzfilm courtmétrage tvmovie tvfilm fernsehfilm téléfilm telefilm tvshort video"
    " directtovideo documentary documentaryfilm dokumentarfilm dokument documentaire"
    " animation animationfilm animated zeichentrickfilm longmétrage cortometraggio"
    " lungometraggio длякино короткометражка телефильм tvspecial special videofile bluray"
    " dvd movietype μovie ταινία فيلم סרט animemovie filmed moviefile pornmovie concert"
    " 劇場版",
    SERIES: "series serie serien tvseries tvshow tvshows tv show shows tvminiseries miniseries"
    " tvmini tvminiserie miniserie anime tvserie fernsehserie série séries serial seriale"
    " seriál seriál serial сериал сериалы мультсериал мультсериалы минисериал телесериал"
    " аниме аниме-сериал 电视剧 電視劇 テレビ番組 드라마 tv프로그램 시리즈 ドラマ テレビドラマ"
    " dizi ova ona tvanime cartoon program programme"
    " tvprogram realityshow reality talkshow televisionseries televisionshow limitedseries"
    " webseries seriestv seriestelevision",
    SEASON: "season seasons staffel saison temporada stagione sezon сезон sæson kausi",
    EPISODE: "episode episodes tvepisode episodedetails folge episodio episódio épisode odcinek"
    " эпизод серия эпизоды podcastepisode",
    "game": "game games videogame videospiel jeu jeuvideo jeuvidéo jeuxvideo"
    " jeuxvidéo juego videojuego gra игра игры boardgame 游戏 ゲーム",
    "book": "book books buch livre libro livro książka книга книги ebook audiobook novel lightnovel 书 図書 本",
    "manga": "manga comic comics manhwa manhua graphicnovel манга комикс",
    ALBUM: "album albums music musik musique música musica музыка release cd lp vinyl musicalbum soundtrack 音乐 音楽",
    "track": "track tracks song songs audio titelsong musictrack",
    "music video": "musicvideo musicvideos musikvideo clip видеоклип",
    "person": "person people actor director персона cast artist musicartist",
    "collection": "boxset collection collections movieset set sammlung filmreihe",
    "podcast": "podcast podcasts",
    "trailer": "trailer clip teaser teasertrailer hook recap bumper promotional cinemagraph bigrow",
    "article": "article journalarticle magazinearticle newspaperarticle journal jour thesis webpage blogpost",
    "user": "user users member",
    "list": "list lists playlist playlists",
}
#: What people call their lists.
NAMES_OF_LISTS = frozenset(
    ("watched", "watchlist", "seen", "unseen", "towatch", "wishlist", "wanted", "owned", "favorites", "favourites")
)
#: Words for kinds that are genres of films, too.
_ALSO_GENRES = frozenset(("documentary", "animation", "animated", "short", "concert", "anime", "cartoon", "reality"))
#: Words for films that mean nothing else: "DVD" and "special" may also be where and how something was seen.
_PLAIN_FILM = frozenset(_WORDS[FILM].partition("short ")[0].split())
_KINDS = {word: kind for kind, words in _WORDS.items() for word in words.split()}
#: Names of episodes and seasons: Dark S01E01, Dark 1x01, Lost – Season 1. (Open Season 2 is a film.)
_EPISODE_MARK = re.compile(r"[Ss]\d{1,2} ?[._-]? ?[Ee]\d{1,4}(?!\d)")
_SEASON_MARK = re.compile(
    r"(?: ?[-–—:,]|\() ?(?:the complete )?(?:season|staffel|saison|temporada|stagione|сезон) \d{1,2}\)?\Z", re.I
)
_ENDS_OF_SEASONS = frozenset("0123456789)")
#: Marks behind a title that tell its kind.
_TITLE_MARK = re.compile(
    r"[(\[] ?(?:(?P<series>(?:мини-?)?сериал|тв-?сериал|tv[- ]?(?:mini[- ]?)?series|mini[- ]?series"
    r"|fernsehserie|(?:mini)?serie(?: de tv)?|série(?: tv)?)"
    r"|(?P<game>vg|video ?game|игра))(?: ?,? ?\d{4}(?: ?[-–—] ?(?:\d{4}|\.{3}|…)?)?)? ?[)\]]",
    re.I,
)


def compact(text: str) -> str:
    """Lower-case letters and digits only: what names of columns and kinds are compared by."""
    return "".join(character for character in text.casefold() if character.isalnum())


@lru_cache(4096)
def kind_of(text: str) -> str | None:
    """The kind that a word such as "tvSeries", "Сериал" or "Feature Film" names; None for words that name none."""
    word = compact(text)
    if found := _KINDS.get(word):
        return found
    parts = [found for part in re.split(r"[\W_]+", text.casefold()) if len(part) > 3 and (found := _KINDS.get(part))]
    return next((part for part in parts if part != FILM), parts[0] if parts else None)  # "Animated Series" is a series


def is_word_for_film(text: str) -> bool:
    """Whether a text is a word for films, and not only for what a film may come on or be shown by."""
    return _KINDS.get(compact(text)) == FILM and compact(text) in _PLAIN_FILM


def are_kinds(texts: Sequence[str]) -> bool:
    """Whether the texts of a column are words for kinds and nothing else, among them one for films or series that is no genre."""
    words = {compact(text) for text in texts}
    return words <= _KINDS.keys() and any(_KINDS[word] in (FILM, SERIES) for word in words - _ALSO_GENRES)


def kind_by_title(title: str) -> str | None:
    """ "series" or "game" where the title says so in brackets; "episode" and "season" where it is numbered as one."""
    if (found := _EPISODE_MARK.search(title)) and not title[: found.start()][-1:].isalnum():
        return EPISODE
    if title[-1:] in _ENDS_OF_SEASONS and _SEASON_MARK.search(title):
        return SEASON
    if "(" not in title and "[" not in title:
        return None
    found = _TITLE_MARK.search(title)
    return None if not found else "series" if found["series"] else "game"
