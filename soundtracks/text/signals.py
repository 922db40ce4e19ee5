"""What an album says of itself in title, genres, styles and formats: that it is film music, or that it is something else.

Titles come folded (canonical.fold), labels as ";genre;style;" in lower case, null where nothing is known.
"""

from collections.abc import Iterable
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from soundtracks.text.folding import fold
from soundtracks.text.patterns import Pattern, Texts, holds
from soundtracks.text.vocabulary import plain_wording

Numbers = npt.NDArray[np.int8]

#: Levels of the soundtrack mark. The title's own words count most, as Discogs' styles are missing on many records.
MARKS = (
    "another genre",
    "Stage & Screen",
    "nothing said",
    "a film is mentioned",
    "soundtrack style",
    "soundtrack in title, another genre",
    "soundtrack in title",
    "film soundtrack in title, another genre",
    "film soundtrack in title",
)

#: What else a record can be that bears a film's name, and last "music", which a soundtrack is.
RECORD_KINDS = (
    "tribute or karaoke",
    "television",
    "game",
    "cast of a stage show",
    "comic, book or podcast",
    "story record",
    "compilation of themes",
    "own work, called a soundtrack",
    "remixes",
    "song from a film",
    "music",
)
TRIBUTE, TELEVISION, GAME, CAST, BOOK, STORY, THEMES, OWN_WORK, REMIXES, SONG, MUSIC = range(len(RECORD_KINDS))


def _any(patterns: str) -> Pattern:
    """One pattern out of many: each line an alternative."""
    return Pattern("|".join(line.strip() for line in patterns.strip().splitlines()))


_FILM = r"""motion[ -]pictures?|\bfilm[eis]?\b|\bmovies?\b|\bcinemas?\b|\bfilmes\b|kinofilm|spielfilm|elokuva|\bfilm[au]\b
|\bfilmen\b|pelicula
|映画|劇場版|剧场版|电影|電影|영화|극장판|фильм|\bк/ф\b|فيلم""".replace("\n", "")
_MUSIC = r"""sound ?-? ?tracks?|sountrack|\bscores?\b|\bo\.? ?s\.? ?t\b|\bb\. ?o\.(?: ?f\.)?|\bb\.?s\.?o\b|\bbof\b
|bandes?[ -](?:originales?|son|sonores?)|musiques? originales?|colonn[ae] sonor[ae]|banda (?:sonora|original)|trilha sonora
|filmmusi[ck]|filmmuziek|soundtracket|muzyka filmowa|sciezka dzwiekowa|film muzigi
|саундтрек|(?:музыка|песни) (?:из|к) (?:кино|мульт)?ф|film muzikleri|电影音乐|音楽集|劇中歌|موسيقى""".replace("\n", "")
#: Says where music is from, as cover records do too: a soundtrack's word only beside a film's.
_FROM = r"""\bmusi(?:c|que|ques|che|ca|k|ken|kken) (?:from|for|du|de la|del|dal|do|aus|zum|ur|fran|fra|z)\b
|\bhudba z|songs from|selections from|inspired by""".replace("\n", "")
_SOUNDTRACK_OF_FILM = Pattern(
    rf"^(?>.*?(?:{_MUSIC}|{_FROM})\W).*(?:{_FILM})|^(?>.*?(?:{_FILM})\W).*(?:{_MUSIC}|{_FROM})"
    r"|original (?:motion picture|film|movie)|filmmusi[ck] (?:von|aus|zu)"
)
_SOUNDTRACK = Pattern(_MUSIC)
_ALBUM = r"[:(\-] ?the album\b|\bthe album$"
_ALBUM_OF_FILM = Pattern(_ALBUM)
_MENTIONS_FILM = Pattern(rf"{_FILM}|{_FROM}|{_ALBUM}|\bfrom \"")
_FILM_OR_SOUNDTRACK = Pattern(rf"{_MUSIC}|{_FILM}")

#: Where Discogs files music for the screen.
GENRE = "Stage & Screen"
STYLES = frozenset({"Soundtrack", "Score"})


def title_says_so(title: str) -> bool:
    """Whether a title, as it is written, speaks of a soundtrack or a film: `Io Ballo Da Sola (Colonna Sonora)`."""
    return _FILM_OR_SOUNDTRACK.python.search(plain_wording(fold(title))) is not None


def looks_like_soundtrack(title: str, genres: Iterable[str], styles: Iterable[str]) -> bool:
    """Whether a record calls itself film music: genre Stage & Screen, or style Soundtrack or Score, or a title that says so."""
    return GENRE in genres or not STYLES.isdisjoint(styles) or title_says_so(title)


def style_levels(labels: pa.Array) -> Numbers:
    """Numbers of the marks in MARKS by genres and styles alone."""
    known = np.asarray(pc.is_valid(labels))
    staged = holds(labels, "stage & screen")
    return np.select([_is_soundtrack(labels), known & ~staged, ~known], [4, 0, 2], 1).astype(np.int8)


def mark_levels(titles: Texts, styles: Numbers) -> Numbers:
    """Numbers of the marks in MARKS by title and `style_levels`. That a title has no word of it is known even where genres
    and styles are not."""
    other, styled = styles == 0, styles == 4
    return np.select(
        [
            _SOUNDTRACK_OF_FILM.found_in(titles),
            _SOUNDTRACK.found_in(titles),
            styled | (other & ~_ALBUM_OF_FILM.found_in(titles)),
            _MENTIONS_FILM.found_in(titles),
        ],
        [np.where(other, 7, 8), np.where(other, 5, 6), styles, 3],
        styles,
    ).astype(np.int8)


def _is_soundtrack(labels: pa.Array) -> npt.NDArray[np.bool_]:
    return holds(labels, ";soundtrack;") | holds(labels, ";score;")


#: By title, in the order in which they are looked for.
_TITLES: tuple[tuple[int, Pattern], ...] = (
    (THEMES, _any(r"""\b(?:from|of) the (?:films|movies)\b
        \bfilms (?:of|by)\b""")),
    (TRIBUTE, _any(r"""\btributes?\b
        \bhomm?age\b
        \bomaggio\b
        \bhomenaje\b
        karaoke
        \bcover(?:s|ed)? (?:version|by|album|of)|\bcovers\b
        in the style of
        made famous|made popular
        sing.?along
        lullab(?:y|ies)
        \b8.?bit\b
        (?:piano|guitar|string quartet|music box|jazz|reggae|metal|electronic) (?:renditions?|tributes?|versions?|covers?|plays)
        \b(?:plays?|performs?|interprets?) (?:the )?(?:music|themes|songs|score)
        \bperformed by\b
        salute to
        re-?imagined
        inspired by the (?:book|novel)""")),
    (TELEVISION, _any(r"""television|televisao
        \btv\b
        \bseries\b(?! of\b)
        \bseasons? (?:\d+|[ivx]+|one|two|three|four|five|soundtrack|score|finale)\b
        \b(?:first|second|third|fourth|fifth|complete|final) season\b
        \b(?:fernseh|tv-?)serie
        \bserie (?:tv|televisiva|netflix)
        (?:tele)?\bnovela\b|telenovela
        \bepisodes? \d+ ?(?:-|to|and)
        sitcom|mini-?series
        \btv ?アニメ|tvアニメ|テレビ|ドラマ|アニメ「|連続ドラマ|сериал|드라마|电视|電視|连续剧|連續劇
        \btelenovelas?\b|\btele ?series?\b|\bdizi\b""")),
    (GAME, _any(r"""video ?game|videogioco|videojuego|jeu video|videospiel
        \bgames? (?:soundtrack|music|score|ost)\b
        original game|\bthe game (?:soundtrack|music)
        nintendo|\bs?nes\b|playstation|\bsega\b|\bxbox\b|\bps[1-5]\b|\barcade\b|super famicom|game ?boy|\bpc game
        original sound version
        ゲーム|игры\b|游戏|遊戲|게임""")),
    (CAST, _any(r"""
        ^(?>.*?\b(?:broadway|london|stage|theat(?:re|er)|west end|studio|revival|touring|tour)\b).*\b(?:cast|production)\b
        ^(?>.*?\b(?:broadway|london|stage|theat(?:re|er)|west end|studio|revival|touring|tour)\b).*\brecording\b
        original (?:\w+ )?cast
        \bcast (?:album|recording)
        ^(?>.*\bthe musical\b)(?!.*(?:motion picture|film|movie))|\b(?:das|le|il|el) musical\b
        operetta|\bballet\b|pantomime|musikal\b""")),
    (BOOK, _any(r"""\bcomic|graphic novel|manga\b
        book soundtrack|soundtrack to the (?:book|novel)
        podcast|radio (?:play|drama|show)|horspiel|audio ?book""")),
    (STORY, _any(r"""^\W*the (?:story|adventures|tale) of\b.*\b(?:narrat|told)
        ^\W*the story of\b
        \bstory ?(?:teller|book|record)|(?:story|songs?) and (?:songs?|story) from
        read.?along|book and record
        narrated|narration|told by|dialogue from
        racontee?|raccontata|erzahlt""")),
    (THEMES, _any(r"""\bthemes? from (?:the )?(?:films|movies|hit|great|famous)
        (?:films?|movies?|screen|cinema|tv|western|horror|famous|great|big|love|hollywood) themes\b
        (?:film|movie|soundtrack|screen) (?:hits|favou?rites|classics|music of)
        hits from (?:the )?(?:cult )?(?:movies|films|screen)
        music from the (?:films|movies)\b
        greatest (?:films?|movies?|soundtrack)
        \bsuites? from\b|\bfrom films\b|themes? (?:and|to) other
        best of\b|anthology|greatest hits|\bmedley\b
        filmskih|i film di|les films de|le musiche di""")),
    (OWN_WORK, _any(r"""\ba soundtrack (?:by|for|to)\b
        soundtrack (?:to|of|for) (?:my|your|our|an?) (?:own )?\w+
        imaginary (?:film|movie|soundtrack)|(?:film|movie)s? (?:that )?(?:was |were )?never|non-?existent|unreleased soundtrack
        original soundtracks from
        \(the ost\)|soundtrack mix\b""")),
    (REMIXES, _any(r"""\bre-?mix(?:es|ed)?\b
        bootleg|\bdub(?:s|plate)?\b|\bdj mix\b|\bmixed by\b""")),
    (SONG, _any(r"""\b(?:love |main |title |end )?(?:themes?|title) (?:from|to|of|for)\b
        \(from (?:the )?(?:film|movie|motion picture)?
        main title|\btitle (?:song|track)\b|titelsong|titelmelodie|\bsigla\b|\bgenerique\b
        (?:主題歌|主题歌|主題曲|主题曲|插曲|挿入歌|片尾曲|片头曲|片頭曲)(?!集|アルバム)
        エンディング|オープニング|テーマ ?・?ソング|テーマ曲|キャラクター ?・?ソング|キャラソン|イメージ ?・?ソング
        주제가|삽입곡|заглавная песня""")),
)  # fmt: skip
#: A title that says "original motion picture soundtrack" may well hold a medley, remixes or the main title.
_ONLY_WITHOUT_FILM = frozenset({STORY, THEMES, REMIXES, SONG})

_CAST_CREDIT = Pattern(
    r"^(?>.*?\b(?:broadway|london|original|stage|company|theatre)\b).*\bcast\b|light opera|opera company"
    r"|\bmusical (?:company|cast)\b"
)
_TRIBUTE_CREDIT = Pattern(r"karaoke|tribute|cover band|made famous|lullaby|studio (?:group|band|musicians)|sound ?alike|8 bit\b")
_STYLES = (
    (";video game music;", GAME),
    (";chiptune;", GAME),
    (";karaoke;", TRIBUTE),
    (";parody;", TRIBUTE),
    (";musical;", CAST),
    (";opera;", CAST),
    (";operetta;", CAST),
    (";spoken word;", STORY),
    (";dialogue;", STORY),
    (";education;", STORY),
    (";novelty;", THEMES),
    (";theme;", SONG),
)


def record_kinds(titles: Texts, credits: Texts, labels: pa.Array) -> Numbers:
    """Numbers of the kinds in RECORD_KINDS. MUSIC where nothing speaks for another; credits are canonical, "" if unknown."""
    of_film = _SOUNDTRACK_OF_FILM.found_in(titles)
    soundtrack = of_film | _is_soundtrack(labels)
    signs: list[tuple[int, npt.NDArray[np.bool_]]] = []
    for at, (kind, pattern) in enumerate(_TITLES):
        found = pattern.found_in(titles)
        signs.append((kind, found & ~of_film if at and kind in _ONLY_WITHOUT_FILM else found))
    signs.append((TRIBUTE, _TRIBUTE_CREDIT.found_in(credits)))
    signs.append((CAST, _CAST_CREDIT.found_in(credits) & ~of_film))
    signs += [(STORY, holds(labels, style)) for style in (";story;", ";audiobook;", ";radioplay;")]
    # soundtracks of musicals, with dialogue and a theme, are soundtracks; those of games are of games
    signs += [(kind, holds(labels, style) & ~(of_film if kind == GAME else soundtrack)) for style, kind in _STYLES]
    return np.select([found for _, found in signs], [kind for kind, _ in signs], MUSIC).astype(np.int8)


#: Labels that release film music and little else.
FILM_MUSIC_LABELS = _any(r"""var[eè]se sarabande|la-la land rec|silva screen|\bmilan(?: records)?(?:;|,|$)|lakeshore|watertower
    \bintrada\b|film score monthly|kritzerland|quartet records|music box records|moviescore|back lot music
    waxwork|wax works|death waltz|\bmondo(?: music)?(?:;|,|$)|one way static|\binvada\b|rustblade
    digitmovies|dagored|cinevox|\bgdm\b|beat records|easy tempo|four flies|cinedelic
    \bbsx\b|buysoundtrax|percepto|tadlow|\bsoundtrax\b|\bsoundtracks?(?: records| library)?(?:;|,|$)
    hollywood records|walt disney records|buena vista records|marvel music|netflix music|film ?musi[ck]""")

#: Of these, the ones that release scores for the first time that have lain for decades.
ARCHIVE_LABELS = _any(r"""var[eè]se sarabande|la-la land rec|silva screen|\bintrada\b|film score monthly|kritzerland
    quartet records|music box records|waxwork|wax works|death waltz|\bmondo(?: music)?(?:;|,|$)|one way static|rustblade
    digitmovies|dagored|cinevox|\bgdm\b|beat records|easy tempo|four flies|cinedelic|\bbsx\b|buysoundtrax|percepto|tadlow""")

_OF_ALBUMS = (";lp;", ";album;", ";compilation;", ";mini-album;", ";box set;")
_OF_SINGLES = (";single;", ";maxi-single;", ';7";', ";45 rpm;", ";flexi-disc;", ";shellac;")
_OF_EPS = (";ep;", ';12";', ';10";')


@lru_cache(maxsize=1 << 12)
def format_level(formats: str | None) -> int:
    """0 single, 1 EP or a twelve-inch that is no album, 2 album; -1 where formats say neither."""
    if formats is None:
        return -1
    shapes = ((2, _OF_ALBUMS), (0, _OF_SINGLES), (1, _OF_EPS))
    return next((level for level, names in shapes if any(name in formats for name in names)), -1)
