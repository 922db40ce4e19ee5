"""The word model of the made-up catalogues: common words as they stand in titles, and syllables for names."""


def _words(text: str) -> list[str]:
    return text.split()


ADJECTIVES = _words(
    """
    last dark little long lost great secret silent broken golden black white red blue green wild strange perfect dead cold
    hot sweet bitter brave beautiful burning hidden endless final first second third young old new good bad holy hollow
    crimson scarlet silver iron wooden paper glass electric invisible impossible incredible ordinary extraordinary
    forbidden forgotten eternal frozen midnight american french italian foreign royal noble gentle savage quiet loud blind
    deaf empty heavy light bright pale crooked straight narrow wide deep shallow distant near northern southern eastern
    western lonely happy sad angry furious innocent guilty dangerous deadly fatal lucky unlucky magic magnificent mad
    crazy sleepless restless reckless ruthless fearless homeless nameless shameless tender rough smooth sharp blunt true
    false
    """
)

NOUNS = _words(
    """
    home love night day house man woman girl boy king queen prince princess soldier stranger child father mother brother
    sister daughter son wife husband friend enemy lover hunter killer thief doctor teacher sailor captain general
    detective dancer singer painter writer driver rider runner fighter boxer gambler prisoner witness ghost angel devil
    demon witch wizard monster vampire werewolf zombie dragon wolf fox bear lion tiger eagle raven crow swan dog cat horse
    snake spider shark whale river ocean sea lake island mountain valley forest garden desert road street bridge tower
    castle palace temple church school hospital hotel station train ship boat plane car city town village country kingdom
    empire world planet moon sun star sky storm rain snow wind fire water earth stone rock sand dust ash smoke shadow
    light darkness silence whisper scream song dance dream nightmare memory promise secret lie truth game war battle peace
    honor glory freedom justice revenge redemption betrayal sacrifice survival escape return journey voyage adventure
    mystery legend story tale letter diary book map key door window mirror mask crown sword gun bullet knife rope cage
    chain wall gate summer winter autumn spring morning evening afternoon sunrise sunset dawn dusk hour minute year
    century time clock heart soul mind blood bone skin hand eye face voice tear kiss wedding funeral birthday party
    holiday christmas money gold diamond pearl treasure fortune luck fate destiny hope faith grace mercy sin crime murder
    trial verdict law order line border edge horizon wave tide harbor lighthouse arrival departure gravity whiplash
    passage crossing circle square
    """
)

PLACES = _words(
    """
    paris london rome berlin vienna madrid lisbon moscow tokyo shanghai bombay cairo casablanca havana brooklyn chicago
    texas montana alaska dakota venice naples sicily normandy provence bavaria siberia manchuria saigon kyoto istanbul
    athens jerusalem babylon atlantis avalon eden hollywood monte carlo rio buenos aires mexico manila
    """
)

GIVEN = _words(
    """
    james john robert michael david william richard joseph thomas charles daniel matthew anthony mark paul steven george
    kenneth edward brian ronald timothy jason jeffrey ryan mary patricia jennifer linda elizabeth barbara susan jessica
    sarah karen lisa nancy anna emma olivia sophie julia laura helen alice clara rosa maria lucia elena paolo marco luca
    giovanni enrico pierre jean michel antoine claude hans karl fritz otto ivan boris sergei dmitri hiroshi kenji yuki
    akira ravi arjun carlos diego pablo miguel joaquin lars sven erik nils
    """
)

SYLLABLES = _words(
    """
    an ar bel bor cal car chan dor del der el en far fen gal gor han har hol il in jan jor kan kel ker lan lor mal mar mel
    mor nal nor ol or pal per quin ral ran ros sal san sel ser sol tal tan tor ul ur val van ver vin wal wen yal yor zan
    zel
    """
)

ENDINGS = _words(
    """
    son man berg stein ford ton ley er in ov ski sky ez ini elli etti otti eau ier ard mann feld wood well s
    """
)

#: Titles in other languages: (beginnings, what follows).
FOREIGN = {
    "fr": (
        _words("le la les un une mon notre dernier petite grand"),
        _words(
            """
            amour nuit jour maison homme femme fille enfant roi reine soldat mer rivière montagne jardin route ville
            étoile lune soleil orage neige ombre silence rêve secret mensonge guerre voyage été hiver printemps matin cœur
            âme sang mariage trésor destin crime frontière
            """
        ),
    ),
    "it": (
        _words("il la i le un una mio nostro ultimo piccola grande"),
        _words(
            """
            amore notte giorno casa uomo donna ragazza bambino re regina soldato mare fiume montagna giardino strada città
            stella luna sole tempesta neve ombra silenzio sogno segreto bugia guerra viaggio estate inverno primavera
            mattino cuore anima sangue nozze tesoro destino
            """
        ),
    ),
    "es": (
        _words("el la los las un una mi nuestro último pequeña gran"),
        _words(
            """
            amor noche día casa hombre mujer niña niño rey reina soldado mar río montaña jardín camino ciudad estrella
            luna sol tormenta nieve sombra silencio sueño secreto mentira guerra viaje verano invierno primavera mañana
            corazón alma sangre boda tesoro destino crimen
            """
        ),
    ),
    "de": (
        _words("der die das ein eine mein unser letzte kleine große"),
        _words(
            """
            liebe nacht tag haus mann frau mädchen kind könig königin soldat meer fluss berg garten straße stadt stern
            mond sonne sturm schnee schatten stille traum geheimnis lüge krieg reise sommer winter frühling morgen herz
            seele blut hochzeit schatz schicksal
            """
        ),
    ),
    "ru": (
        _words("мой наш последний старый белый чёрный тихий большой"),
        _words(
            """
            дом день вечер человек король солдат город лес сад остров снег дождь ветер огонь сон секрет путь враг друг
            отец сын брат голос берег мост поезд океан
            """
        ),
    ),
    "ja": (
        _words("私の 最後の 小さな 白い 黒い 赤い 青い 遠い"),
        _words(
            """
            家 夜 日 男 女 少女 子供 王 兵士 海 川 山 庭 道 街 星 月 太陽 嵐 雪 影 夢 秘密 嘘 戦争 旅 夏 冬 春 朝 心 魂 血 運命
            """
        ),
    ),
}

#: What Discogs' titles put around a film's title, by language.
DECORATIONS = {
    "en": [
        "{} (Original Motion Picture Soundtrack)",
        "{} (Music From The Motion Picture)",
        "{} - Original Soundtrack",
        "{}: Original Score",
        "{} (Original Soundtrack Recording)",
        "{} (Music From And Inspired By The Film)",
        "The Music From {}",
        "{} OST",
        "{} (Score)",
        "{} (Original Motion Picture Score)",
        "{} [Original Soundtrack]",
        "{} - Music From The Original Soundtrack",
        "{}",
        "{}",
        "{}",
        "{} (Original Motion Picture Soundtrack) (Expanded Edition)",
        "{} (Soundtrack From The Motion Picture)",
    ],
    "fr": [
        "{} (Bande Originale Du Film)",
        "Bande Originale Du Film {}",
        "{} (B.O.F.)",
        "{} - Musique Originale Du Film",
        "{}",
    ],
    "it": [
        "{} (Colonna Sonora Originale Del Film)",
        "Colonna Sonora Originale Del Film {}",
        "{} (Original Soundtrack)",
        "{}",
    ],
    "es": [
        "{} (Banda Sonora Original)",
        "Banda Sonora Original De La Película {}",
        "{} (B.S.O.)",
        "{}",
    ],
    "de": [
        "{} (Original-Soundtrack Zum Film)",
        "{} (Originalmusik Aus Dem Film)",
        "{} (Der Original Soundtrack Zum Film)",
        "{}",
    ],
    "ru": [
        "{} (Музыка Из Кинофильма)",
        "{} (Саундтрек)",
        "{}",
    ],
    "ja": [
        "{} (オリジナル・サウンドトラック)",
        "{} オリジナル・サウンドトラック",
        "{}",
    ],
}
#: Records that name a film and are not its soundtrack.
NOT_THE_SOUNDTRACK = [
    "A Tribute To {}",
    "{} (Original Cast Album)",
    "The Story Of {}",
    "Themes From {}",
    "{} (Original Video Game Soundtrack)",
]
