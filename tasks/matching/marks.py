"""What an album says of itself in title, genres, styles and formats: that it is film music, or that it is something else.

Titles come folded (canonical.fold), labels as ";genre;style;" in lower case, None where nothing is known.
"""

import re

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


def _any(patterns: str) -> re.Pattern[str]:
    """One pattern out of many: each line an alternative."""
    return re.compile("|".join(line.strip() for line in patterns.strip().splitlines()))


_FILM = r"""motion\s+pictures?|\bfilm[eis]?\b|\bmovies?\b|\bcinema\b|\bfilmes\b|kinofilm|spielfilm|elokuva|\bfilm[au]\b|\bfilmen\b
|pelicula
|映画|劇場版|电影|電影|영화|фильм""".replace("\n", "")
_MUSIC = r"""sound\s?-?\s?tracks?|sountrack|\bscores?\b|\bo\.?\s?s\.?\s?t\b|\bb\.\s?o\.(?:\s?f\.)?|\bb\.?s\.?o\b|\bbof\b
|bandes?\s+(?:originales?|son|sonores?)|musiques?\s+originales?|colonn[ae]\s+sonor[ae]|banda\s+(?:sonora|original)|trilha\s+sonora
|filmmusi[ck]|filmmuziek|soundtracket|muzyka\s+filmowa|sciezka\s+dzwiekowa|film\s+muzigi|саундтрек|музыка\s+(?:из|к)\s+(?:кино)?ф""".replace(
    "\n", ""
)
#: Says where music is from, as cover records do too: a soundtrack's word only beside a film's.
_FROM = r"""\bmusi(?:c|que|ques|che|ca|k|ken|kken)\s+(?:from|for|du|de\sla|del|dal|do|aus|zum|ur|fran|fra|z)\b
|\bhudba\s+z|songs\s+from|selections\s+from|inspired\s+by""".replace("\n", "")
_SOUNDTRACK_OF_FILM = re.compile(
    rf"(?:{_MUSIC}|{_FROM})\W.*(?:{_FILM})|(?:{_FILM})\W.*(?:{_MUSIC}|{_FROM})|original\s+(?:motion\s+picture|film|movie)|filmmusi[ck]\s+(?:von|aus|zu)"
)
_SOUNDTRACK = re.compile(_MUSIC)
_ALBUM_OF_FILM = re.compile(r"[:(\-]\s*the\s+album\b|\bthe\s+album\s*$")
_MENTIONS_FILM = re.compile(rf"{_FILM}|{_FROM}|{_ALBUM_OF_FILM.pattern}|\bfrom\s+\"")


def mark_level(title: str, labels: str | None) -> int:
    """Number of the mark in MARKS. That a title has no word of it is known even where genres and styles are not."""
    styled = labels is not None and (";soundtrack;" in labels or ";score;" in labels)
    other = labels is not None and not styled and "stage & screen" not in labels
    if _SOUNDTRACK_OF_FILM.search(title):
        return 7 if other else 8
    if _SOUNDTRACK.search(title):
        return 5 if other else 6
    if styled:
        return 4
    if other and not _ALBUM_OF_FILM.search(title):
        return 0
    if _MENTIONS_FILM.search(title):
        return 3
    if labels is None:
        return 2
    return 1


#: By title, in the order in which they are looked for.
_TITLES: tuple[tuple[int, re.Pattern[str]], ...] = (
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
        \bepisodes?\s+\d+\s*(?:-|to|and)
        sitcom|mini-?series
        ドラマ|сериал|телесериал|드라마|电视剧|電視劇""")),
    (GAME, _any(r"""video\s?game|videogioco|videojuego|jeu video|videospiel
        \bgames? (?:soundtrack|music|score|ost)\b
        original game|\bthe game (?:soundtrack|music)
        nintendo|\bs?nes\b|playstation|\bsega\b|\bxbox\b|\bps[1-5]\b|\barcade\b|super famicom|game\s?boy|\bpc game
        original sound version
        ゲーム|игры\b""")),
    (CAST, _any(r"""
        \b(?:broadway|london|stage|theat(?:re|er)|west end|studio|revival|tour(?:ing)?)\b.*\b(?:cast|production|recording)\b
        original (?:\w+ )?cast
        \bcast (?:album|recording)
        \bthe musical\b(?!.*(?:motion picture|film|movie))|\b(?:das|le|il|el) musical\b
        operetta|\bballet\b|pantomime|musikal\b""")),
    (BOOK, _any(r"""\bcomic|graphic novel|manga\b
        book soundtrack|soundtrack to the (?:book|novel)
        podcast|radio (?:play|drama|show)|horspiel|audio\s?book""")),
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
        main title""")),
)  # fmt: skip
#: A title that says "original motion picture soundtrack" may well hold a medley, remixes or the main title.
_ONLY_WITHOUT_FILM = frozenset({STORY, THEMES, REMIXES, SONG})

_CAST_CREDIT = re.compile(
    r"\b(?:broadway|london|original|stage|company|theatre)\b.*\bcast\b|light opera|opera company|\bmusical (?:company|cast)\b"
)
_TRIBUTE_CREDIT = re.compile(
    r"karaoke|tribute|cover band|made famous|lullaby|studio (?:group|band|musicians)|sound ?alike|8 bit\b"
)
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


def record_kind(title: str, credit: str, labels: str | None) -> int:
    """Number of the kind in RECORD_KINDS. MUSIC where nothing speaks for another; a credit is canonical, "" if unknown."""
    film = _SOUNDTRACK_OF_FILM.search(title) is not None
    for at, (kind, pattern) in enumerate(_TITLES):
        if pattern.search(title) and not (film and at and kind in _ONLY_WITHOUT_FILM):
            return kind
    if _TRIBUTE_CREDIT.search(credit):
        return TRIBUTE
    if _CAST_CREDIT.search(credit) and not film:
        return CAST
    if labels is None:
        return MUSIC
    if any(style in labels for style in (";story;", ";audiobook;", ";radioplay;")):
        return STORY
    soundtrack = ";soundtrack;" in labels or ";score;" in labels
    for style, kind in _STYLES:
        # soundtracks of musicals, with dialogue and a theme, are soundtracks; those of games are of games
        if style in labels and not film and (kind == GAME or not soundtrack):
            return kind
    return MUSIC


_SINGLE = re.compile(r";(?:single|maxi-single|7\"|45 rpm|flexi-disc|shellac);")
_ALBUM = re.compile(r";(?:lp|album|compilation|mini-album|box set);")


def format_level(formats: str | None) -> int:
    """0 single, 1 EP or a twelve-inch that is no album, 2 album; -1 where formats say neither."""
    if formats is None:
        return -1
    if _ALBUM.search(formats):
        return 2
    if _SINGLE.search(formats):
        return 0
    return 1 if any(shape in formats for shape in (";ep;", ';12";', ';10";')) else -1
