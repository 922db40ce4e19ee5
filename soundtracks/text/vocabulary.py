"""What soundtrack albums say beside the film's title, in the languages of the record trade.

Words are folded (lower case, no diacritics, no apostrophes), as `canonical.fold` makes them. A run of WORDING words is
cut off a title only where it holds something STRONG, so that "The Score", "Scary Movie" and "Music and Lyrics" stay.
"""

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _pairs(text: str) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(pair.split()) for pair in text.split(","))


#: One of these makes a run of wording: nobody uses it but for film music.
STRONG = _words(
    # English, international
    "soundtrack soundtracks sountrack soundrack soundtrax ost score scores filmscore bso bof bande-son "
    # de, sv, nl, no, fi
    "filmmusik filmmusiken originalfilmmusik originalmusik soundtracket filmmuziek filmmusikk filmmusiikki musiikkia "
    # pl, hu, ru in Latin letters
    "filmowa filmzene saundtrek "
)
#: So do these pairs of neighbours.
STRONG_PAIRS = _pairs("""
    映画 soundtrack, 劇場版 soundtrack, アニメ soundtrack, 電影 soundtrack, 电影 soundtrack, 영화 soundtrack,
    motion picture, motion pictures, sound track, sound tracks, music from, songs from, selections from, themes from, theme from,
    highlights from, inspired by, music inspired, music for, musical score,
    bande originale, bandes originales, bande son, bande sonore, musique originale, musique du, musiques du,
    chansons du, musique de, musiques entendues, chansons entendues, musique entendue,
    colonna sonora, colonne sonore, musiche originali, musica del, musiche del, musiche dal, dal film,
    banda sonora, banda original, musica original, musica de, canciones de, trilha sonora, trilhas sonoras, musica do,
    musik aus, musik zum, musik zu, original filmmusik, lieder aus,
    muziek uit, musik fran, musiken fran, musik ur, musikken fra, musik fra, musikk fra,
    muzyka z, muzyka filmowa, sciezka dzwiekowa, hudba z, hudba k, piesne z, glazba iz, muzika iz, muzyka iz, muzyka k, pesni iz,
    film muzigi, film muzikleri, filminin muzikleri, filminin muzigi, orijinal film, orijinal muzikleri, coloana sonora,
    film muzikk, musica dal, brani dal, canzoni dal, temas de, musica para
""")
#: Their first words.
STRONG_FIRST = frozenset(first for first, _ in STRONG_PAIRS)
#: May stand in a run of wording: little words, what was recorded, who released it, which edition.
WORDING = (
    STRONG
    | frozenset(word for pair in STRONG_PAIRS for word in pair)
    | _words(
        "the a an of to in for with from and by on as or more all new original originals originally official complete "
        "full "
        "major motion picture pictures film films movie movies cinema feature documentary theatrical screen television tv "
        "series season show "
        "music musics musical musicals song songs sound track tracks selection selections highlights recording "
        "recordings recorded "
        "album albums inspired taken featured featuring heard including plus bonus edition editions deluxe expanded "
        "extended limited "
        "special collectors collector anniversary remastered remaster reissue version versions volume vol cd lp ep disc "
        "vinyl release "
        "score scores instrumental orchestral background sketches suite ost "
        "netflix amazon apple hbo max hulu disney disneys disney+ pixar walt records bbc channel itv prime paramount "
        "miramax mgm united "
        "artists universal columbia warner bros brothers lionsgate dreamworks tristar touchstone fox century 20th "
        "studio studios "
        "production productions presentation entertainment game video comic book podcast "
        # fr
        "du de la le les des bande bo originale originales tiree tire film musique musiques chansons extraits extrait "
        "et dapres entendues entendue dans "
        # it
        "dal dalla del della dello dei di il lo tratta tratto colonna sonora originali musiche canzoni e "
        # es, pt
        "el los las pelicula banda musica canciones y serie do da dos das o filme trilha inspirada inspirado novela "
        "telenovela "
        # de
        "der die das den dem des zum zur aus originalmusik originale originalen originaler kinofilm spielfilm musik "
        "lieder "
        # nl, sv, da, no
        "het een muziek uit och musiken musikken fran ur fra filmen til till "
        # pl, cs, ru, tr
        "muzyka z filmu k filmu iz kinofilma muzigi muzikleri filminin orijinal hudba muzika originalni "
        "oryginalna sciezka dzwiekowa "
    )
)
#: Where a run at the end of a title may start, so that "Scary Movie Original Soundtrack" keeps its "Movie".
STARTS = STRONG | _words(
    "original official motion music songs selections highlights musical complete bande bo musique musiques chansons "
    "colonna colonne "
    "musiche banda trilha musica musicas canciones musik lieder muziek musikken musikk muzyka hudba glazba muzika "
    "orijinal sciezka the "
    "an instrumental orchestral more film du dal zum der das extended expanded netflix amazon disney bbc inspired "
    "sound sketches themes theme "
)
#: Before a title they belong to it. "De" and "du" do not: they follow "musique".
ARTICLES = _words("le la les l il lo gli i el los las der die das o os as un une una uno ein eine het een the a an")

#: What a record is pressed on, as shops write it behind its title: "Coloured Vinyl LP", "(Limited, Gold Vinyl)", "2CD".
MEDIUM = re.compile(
    r"\b(?:vinyls?|vinilo|schallplatte|\d{0,2}x?lps?|\d{0,2}x?cds?|picture discs?|cassette|blu-?ray|sacd|rsd|record store day"
    r"|180 ?g(?:ram)?|colou?red)\b"
)
#: One of these stands in each: quicker to look for.
MEDIUM_HINTS = ("vin", "lp", "cd", "disc", "cass", "ray", "rsd", "store day", "180", "colo", "schallplatte")
#: What stands before a medium and says how it looks.
LOOKS = _words(
    "black white red blue green orange purple pink yellow gold golden silver clear transparent translucent colored coloured "
    "colour color splatter marbled teal smoke bone neon limited edition deluxe double indie exclusive picture disc vinyl lp cd "
    "180g gram numbered import reissue remastered the a"
)
#: Studios that stand before a title: "Disney Moana Soundtrack".
STUDIO = re.compile(
    r"^(?:(?:walt )?disney(?:'s)?(?: ?[/.] ?pixar(?:'s)?)?|pixar(?:'s)?|marvel(?:'s)?(?: studios'?)?"
    r"|dreamworks(?: animation)?(?:'s)?|netflix|lucasfilm|studio ghibli|warner bros\.?|universal pictures|hbo|bbc|mgm) (?=[^ ])"
)
#: Their first words.
STUDIOS = _words("walt disney pixar marvel dreamworks netflix lucasfilm studio warner universal hbo bbc mgm")

#: Alone at the end they say too little to be cut off without a trace: the uncut title stays a candidate too.
#: By their last word.
WEAK_ENDS = {
    end[-1]: end
    for end in (
        ("the", "album"),
        ("the", "songs"),
        ("the", "movie"),
        ("the", "film"),
        ("the", "motion", "picture"),
        ("the", "musical"),
    )
}

#: Edition and volume words: a bracket of nothing else tells no title.
EDITION = _words(
    "deluxe edition edicion edizione version versione vol volume volumen part pt disc cd lp ep no remastered "
    "remaster reissue expanded "
    "extended limited special collectors collector anniversary bonus complete original mono stereo live digital "
    "vinyl promo single uk us "
    "international japanese the and tracks track remixes mix side single album rsd numbered 180g gram selections "
    "highlights coloured colored exclusive import rsd hindi tamil telugu malayalam kannada bengali punjabi marathi "
    "bollywood mono "
)

#: "B.O.", "O.S.T.", "B.S.O.", "B.O.F."
_ABBREVIATIONS = re.compile(r"(?<=[ (\[])(?:b\. ?o\.(?: ?f\.)?|o\. ?s\. ?t\.?|b\. ?s\. ?o\.?)(?= |$|\)|\])")

#: Scripts without spaces between words: their wording is found as text and becomes the Latin word.
_OTHER_SCRIPTS = re.compile(
    r"(?:映画|劇場版|電影|电影|영화|アニメ)?(?: ?(?:オリジナル|スペシャル|コンプリート|原創|原创|오리지널))?[ ・･·]{0,3}"
    r"(?:サウンド ?[・･]? ?トラック|サントラ盤?|音楽集|音楽篇|劇中歌集?"
    r"|原声音乐|原聲音樂|原声带|原聲帶|原声碟|原声大碟|原聲大碟|原声|原聲"
    r"|(?<=電影)(?:音樂|歌曲)|(?<=电影)(?:音乐|歌曲)|音樂"
    r"|사운드 ?트랙|(?<=영화) ?음악|(?:оригинальный )?саундтрек(?: (?:к|из) (?:кино|мульт)?фильм[ауе]?м?у?)?"
    r"|(?:музыка|песни) (?:из|к) (?:кино|мульт)?фильм[ауе]?м?у?|साउंडट्रैक|ซาวด์แทร็ก|μουσικη απο την ταινια"
    r"|(?:ال)?موسيقى (?:التصويرية(?: لفيلم)?|فيلم)|ост(?= |$)"
    r"|(?:திரைப்பட|சினிமா) ?(?:பாடல்கள்|இசை)|(?:சினிமா|சித்திரம்) பாடல்கள்"
    r"|(?:సినిమా|చిత్రం|చలనచిత్ర) ?(?:పాటలు|సంగీతం)|(?:ചലച്ചിത്ര|സിനിമാ?) ?(?:ഗാനങ്ങൾ|സംഗീതം)"
    r"|(?:ಚಲನಚಿತ್ರ|ಚಿತ್ರ|ಸಿನಿಮಾ)(?:ದ)? ?(?:ಗೀತೆಗಳು|ಹಾಡುಗಳು|ಸಂಗೀತ)|(?:फ़िल्म|फिल्म) (?:के गाने|के गीत|संगीत))"
    r"(?: ?[・･]? ?(?:アルバム|盤|album))?(?: ?(?:前編|後編|前篇|後篇|上|下)(?= |$))?"
)
#: "The film …" in front of a title, in scripts that write it so. Films are called so as well: both names count.
FILM_BEFORE = re.compile(
    r"^(?:アニメ映画|劇場版アニメ|映画版?|劇場(?:版|アニメ)|剧场版|电影版?|電影版?|영화|극장판"
    r"|(?:кино|мульт)?фильм(?= \")|فيلم(?= )) ?(?=[^ ])"
)


def plain_wording(folded: str) -> str:
    """A folded title with "soundtrack" for its abbreviations and for what other scripts write instead."""
    text = _ABBREVIATIONS.sub("soundtrack", folded) if "." in folded else folded
    if not text.isascii():
        text = _OTHER_SCRIPTS.sub(" soundtrack ", text)
    return " ".join(text.split()) if text != folded else folded
