"""What columns, keys and elements are called, in many languages and programs: one table from name to role."""

import re
from functools import lru_cache

from soundtracks.lists.kinds import compact

#: Roles and the names that have them, compared without blanks, signs and case. The order of names is the order of preference.
_ROLES: dict[str, str] = {
    # films
    "title": "title itemtitle seriestitle filmtitle movietitle filmname movie_title primarytitle film"
    " movie titel filmtitel titre titrefilm titredufilm título titulo película pelicula"
    " títulopelícula titolo titolofilm tytuł tytul tytułfilmu název nazev názevfilmu názov cím"
    " filmcím название названиефильма фильм русскоязычноеназвание заголовок назва τίτλος タイトル"
    " 作品名 題名 邦題 片名 标题 電影名稱 电影名 电影 제목 영화제목 العنوان שם elokuva elokuvannimi tittel başlık baslik"
    " filmadı judul titlu naslov pealkiri títulodofilme títuloemportuguês títuloespañol"
    " títuloenespañol titleru titlelocalized movieName videotitle maintitle titlerussian"
    " titleuserlanguage titleromaji movieseriestitle moviefilm filmtitlewithyear titleyear"
    " programtitle programmetitle showtitleormovie localtitle titlelocal",
    "weak title": "name label item itemlabel filmlabel movielabel nom nombre nome nazwa imię nimi namn navn"
    " 名称 名前 이름 имя наименование entry work contenttitle",
    "original": "originaltitle originalname original origtitle originaltitel titreoriginal títulooriginal"
    " titulooriginal titolooriginale tytułoryginalny tytuloryginalny originálnínázev"
    " оригинальноеназвание названиеоригинал 原題 原题 原名 原标题 원제 alkuperäinennimi originaltittel"
    " orijinalad orijinaladı titleoriginal nativetitle titlenative originalfilmtitle eredeticím"
    " pôvodnýnázov titlenativelanguage",
    "other title": "alternatetitle alternatetitles alternativetitle alternativetitles"
    " aka akas othertitles alsoknownas englishtitle titleenglish titleen germantitle pltitle"
    " polishtitle titlepl tytułpolski titleenglishlanguage titlesynonyms synonyms worldwidetitle"
    " internationaltitle titleinternational altlabel itemaltlabel",
    "year": "year jahr année annee año ano anno rok rokprodukcji rokvýroby год годвыпуска годвыхода"
    " годпроизводства рік έτος 年 年份 公開年 制作年 製作年 上映年份 연도 제작연도 السنة שנה vuosi valmistumisvuosi år"
    " produktionsår yıl tahun an godina aasta év gyártáséve releaseyear productionyear startyear"
    " yearreleased yearofrelease filmyear movieyear releasedyear publicationyear produktionsjahr"
    " erscheinungsjahr baujahr annéedeproduction annéedesortie añodeestreno añodeproducción"
    " anodelançamento annodiproduzione annodiuscita premiereyear theatricalyear yr yearproduced"
    " originalyear yearfilm",
    "date": "releasedate premiered premieredate premiere premieredon originallyavailableat"
    " firstreleasedate initialreleasedate theatricalreleasedate theatrical incinemas"
    " publicationdate publicationdatelabel releaseinfo originalreleasedate дататыхода датавыхода"
    " мироваяпремьера datadipubblicazione datedesortie fechadeestreno datapremiery"
    " światowapremiera 公開日 上映日期 release released kinostart veröffentlichungsdatum"
    " releasedateworldwide firstairdate releasedon worldpremiere intheatersdate intheaters datepublished"
    " albumreleasedate releasedateoriginal theaterrelease theatricalrelease",
    "loose date": "date datum fecha data дата 日期",
    "imdb": "imdb imdbid imdbnumber imdbnum imdbcode imdbtitleid imdbtt idimdb const tconst imdburl"
    " imdblink imdbno imdbref imdbkey imdbmovieid ttid imdbnr externalidsimdb imdbnummer"
    " imdbtconst",
    "tmdb": "tmdb tmdbid tmdbids themoviedb themoviedbid moviedbid moviedb tmdburl tmdblink tmdbmovieid idtmdb"
    " tmdbnumber tmdbno themoviedburl",
    "wikidata": "wikidata wikidataid qid wikidataurl wikidatauri wd wikidataqid wikidataitem",
    "link": "url uri link href guid guids guidsid website webpage webpageurl filmlink movieurl filmurl"
    " titleurl metadblink letterboxduri letterboxdurl permalink traktturl trakturl homepage web"
    " serviceurl alternateurl externalurl path file filename filepath folder folderpath"
    " foldername location permalinkurl fileuri pageurl itemurl moviepath uniqueid sameas",
    "kind": "animetype seriestype type titletype typeoftitle itemtype kind contenttype objecttype"
    " subjecttype worktype typ тип типпроекта tipo titeltyp 类型 種類 種別 mediatype mediakind"
    " category media contentkind videotype librarytype subtype videokind resourcetype format supplementalvideotype 종류 분류",
    "season": "seasonnumber seasonname season seasonno seasonnr season# staffel parentindexnumber сезон saison temporada",
    "episode": "episodenumber episode episodeno episodenr folge эпизод episodio ep",
    # without a title beside it, a row is a series
    "series title": "seriesname showname showtitle tvshowname tvshowtitle tvseriesname tvseriestitle nameofseries"
    " serienname serientitel nomdelasérie nombredelaserie названиесериала",
    "series flag": "istvseries isseries istv istvshow isshow isepisode",
    # albums
    "artist": "albumartist bandname albumartists albumartistname albumartistcredit artist artists"
    " artistname artistcredit artistnames performer performers band interpret interpreten"
    " künstler artiste artistes artista artistas wykonawca исполнитель исполнители アーティスト 艺术家 藝人"
    " 歌手 umělec esittäjä artister sanatçı előadó mastermetadataalbumartistname artistdisplay"
    " albumartistdisplay artistorgroup bandartist releaseartist artistsname artistcreditname",
    "track artist": "trackartist trackartists trackartistname contributingartists songartist",
    "weak artist": "creators creator ensemble by composer composers author parenttitle",
    "first name": "firstname",
    "last name": "lastname",
    "album": "album albumtitle albumname release releasetitle releasename recordtitle альбом アルバム 专辑 專輯"
    " álbum albumtitel mastermetadataalbumalbumname collectionname recordname titlealbum",
    "album title": "releasetitle discogstitle",
    "track": "track tracktitle trackname song songtitle songname mastermetadatatrackname recordingname"
    " tracknumber trackno track#",
    "barcode": "barcode upc ean ean13 upccode eancode barcodes upcean eanupc barcodeupc barcodenumber"
    " upcisbn10 eanisbn13 gtin strichcode codebarre codebarres códigodebarras штрихкод"
    " releasebarcode",
    "discogs": "releaseid discogsid discogsreleaseid discogs discogsrelease discogsalbumid discogsurl"
    " discogslink discogsreleaseurl",
    "master": "masterid discogsmasterid",
    "mb release": "mbalbumid musicbrainzalbumid mbreleaseid musicbrainzreleaseid releasembid foreignreleaseid"
    " mbidrelease musicbrainzrelease albummbid releasegid caareleasembid mbrelease"
    " releasemusicbrainzid",
    "mb group": "mbreleasegroupid releasegroupid musicbrainzreleasegroupid foreignalbumid releasegroupmbid"
    " mbidreleasegroup releasegroupgid musicbrainzreleasegroup mbreleasegroup",
    "compilation": "compilation comp iscompilation",
    "not music": "podcast movie hasvideo tvshow audiobook",
    # what `soundtracks link` uses beyond
    "album id": "albumid",
    "genres": "genres genre",
    "styles": "styles style",
    "formats": "formats format mediatype mediaformat mediumformat media",
    "country": "country countries pays land",
    "labels": "labels label",
    "tracks": "tracks tracklist",
    "language": "language originallanguage",
    "popularity": "popularity",
    "listed": "listed",
    "composer": "composers composer music musicby",
    "performer": "performers",
    "source": "source provider idsource datasource agent",
    "plain id": "id mediaid movieid filmid itemid contentid showid externalid sourceid kinopoiskid kpid"
    " tvdbid tvdb traktid trakt simklid simkl malid mal anilistid letterboxdid doubanid"
    " justwatchid plexid tmdbcollection tvmazeid rottentomatoesid filmwebid kinoriumid rymalbum"
    " amgid allmovieid wikiid",
    # known, not needed, and a sign of a heading
    "director": "director directors directorname directedby regie regisseur réalisateur realisateur"
    " realizador regista reżyser reżyseria режиссер режиссёр режисcёр regisseure director(s) 監督"
    " 导演 감독 ohjaaja režie rendező directornames",
    "film sign": "runtime runtimemins duration durationmin imdbrating cast actors actor budget revenue mpaa"
    " mparating tagline studio rottentomatoes актеры актёры страны жанры darsteller tmdbrating"
    " imdbvotes numvotes metascore videocodec contentrating distributor lifetimegross worldwidegross boxoffice"
    " maxtheaters gross",
    "album sign": "catalog# catalognumber catalogue# catno catalognum label labels collectionfolder"
    " collectionmediacondition mediacondition sleevecondition collectionsleevecondition disc#"
    " track# discnumber tracknumber",
    "game sign": "appid playtime playtimeforever platform platforms igdbid igdb steamappid giantbombid"
    " developers developer esrbrating hoursplayed howlongtobeat",
    "book sign": "isbn isbn13 numberofpages pages goodreadsid bookid openlibraryid additionalauthors authorlf",
    "other date": "dateadded daterated addedat watchedat watcheddate lastwatched lastwatchedat createdat"
    " created updatedat modified publishdate dvdreleasedate discreleasedate purchasedate"
    " purchased datewatched lastviewedat viewedat loggeddate ratedat collectedat listedat"
    " timestamp reviewdate dvdrelease bluerayrelease digitalrelease physicalrelease watchedon"
    " seenon lastplayed releaseondvd релизнаdvd премьераврф dateofpurchase added completed began"
    " yearwatched watchedyear birthyear",
    "other": "rating yourrating myrating ratings position rank notes note review tags comment comments"
    " description plot overview summary watched status favorite collection slug poster image"
    " score votes userrating rewatch quote ownership owner price quantity condition оценка"
    " мояоценка bewertung shelf shelves cover art sorttitle titlesort subtitles audio edition"
    " listtitle memo watchlist plays",
}
#: Names whose case matters for no one, by role; a name may have several.
_ROLES_OF: dict[str, list[str]] = {}
_RANK: dict[tuple[str, str], int] = {}
for _role, _names in _ROLES.items():
    for _rank, _name in enumerate(_names.split()):
        _word = compact(_name) or _name
        if _role not in _ROLES_OF.setdefault(_word, []):
            _ROLES_OF[_word].append(_role)
        _RANK.setdefault((_role, _word), _rank)

#: Parents through which a field still belongs to the record itself.
_WRAPPERS = frozenset(
    [
        "movie",
        "film",
        "movies",
        "films",
        "item",
        "items",
        "media",
        "metadata",
        "data",
        "node",
        "attributes",
        "ids",
        "id",
        "providerids",
        "externalids",
        "externalid",
        "guid",
        "guids",
        "uniqueid",
        "uniqueids",
        "uniqueids",
        "links",
        "title",
        "titles",
        "releasedate",
        "year",
        "info",
        "basic",
        "basicinfo",
        "content",
        "entity",
        "work",
        "object",
        "record",
        "show",
        "series",
        "anime",
        "tv",
        "season",
        "episode",
        "subject",
        "details_",
        "mapping",
        "mbidmapping",
        "trackmetadata",
        "additionalinfo",
        "track",
        "album",
        "basicinformation",
        "fields",
        "properties",
        "url",
        "imdb",
        "tmdb",
        "video",
        "mediaitem",
        "release",
    ]
)
#: Leaves that only hold the value of their parent.
_LEAVES = frozenset(["displayname", "value", "text", "content", "val", "main", "label", "raw", "display", "nameraw", "cdata"])
_TITLE_LISTS = frozenset(
    [
        "alternatetitles",
        "alternativetitles",
        "alternatetitle",
        "alternativetitle",
        "akas",
        "aka",
        "translations",
        "othertitles",
        "altnames",
        "titles",
        "synonyms",
        "alternatenames",
    ]
)
_ARTIST_LISTS = frozenset(["artist", "artists", "artistcredit", "albumartist", "albumartists", "performers"])
_LABEL_LISTS = frozenset(("labels", "label", "labelinfo"))
_FORMAT_LISTS = frozenset(("formats", "format", "media"))


#: Parts of names of years and dates that are not the film's: of those on which somebody saw, bought or was born.
_NOT_OF_FILM = ("watch", "seen", "added", "rated", "birth", "born", "purchas", "dvd", "disc", "gesehen", "vu")
_BRACKETS = re.compile(r"[(\[][^()\[\]]*[)\]]")
_WORDS = re.compile(r"[A-Z]?[^\W\d_A-Z]+|[^\W\d_]+")


def may_be_release(name: str) -> bool:
    """Whether a name may be that of a film's year or date, and not of another one."""
    word = compact(name)
    return not any(part in word for part in _NOT_OF_FILM)


def holds_title_word(name: str) -> bool:
    """Whether one of the words of an unknown name says that it is a title, as in "Program Title" and "Film seen"."""
    return any("title" in _ROLES_OF.get(compact(word), ()) for word in _WORDS.findall(name))


@lru_cache(8192)
def roles_of(path: str) -> tuple[str, ...]:
    """The roles that a column's name, or a path of keys and elements joined by ".", may have; none when it is unknown."""
    words = [compact(step) or step.strip() for step in path.split(".")] if "." in path else [compact(path) or path.strip()]
    words = [word for word in words if word]
    if not words:
        return ()
    if len(words) > 1 and words[-1] in _LEAVES:
        words = words[:-1]
    *parents, word = words
    if parents:
        return _nested(parents, word)
    bare = compact(_BRACKETS.sub("", path)) if may_be_release(path) else word
    if word not in _ROLES_OF:
        word = bare
    elif "title" in _ROLES_OF.get(bare, ()) and "year" in _ROLES_OF[word]:
        return ("title", "year")  # in a column "Film (Year)" stand titles with their years, or years: its contents tell
    return tuple(_ROLES_OF.get(word, ()))


def _nested(parents: list[str], word: str) -> tuple[str, ...]:
    parent = parents[-1]
    if parent in _TITLE_LISTS and word in ("title", "name", "aka", "titles", "translatedtitle"):
        return ("other title",) if parents[0] not in ("artist", "artists") else ()
    if parent in ("title", "titles") and word in ("romaji", "english", "native", "en", "de", "fr", "original", "local"):
        return ("title",) if word in ("romaji", "english") else ("original",)
    if parent in _ARTIST_LISTS and word in ("name", "artistname", "artist", "displayname", "title"):
        return ("artist",)
    if parent in _LABEL_LISTS and word in ("name", "label"):
        return ("labels",)
    if parent in _FORMAT_LISTS and word in ("name", "format", "mediumformat", "descriptions"):
        return ("formats", "kind") if word == "format" else ("formats",)
    if parent == "releasegroup" and word in ("id", "mbid", "gid"):
        return ("mb group",)
    if parent == "releases" and word == "foreignreleaseid":
        return ("mb release",)
    if parent in ("originalreleasedate",) and word == "year":
        return ("first year",)
    if "".join((parent, word)) in ("artistcreditname",):
        return ("artist",)
    if not all(p in _WRAPPERS for p in parents):
        return ()
    found = _ROLES_OF.get(word, [])
    if parent in ("ids", "id", "providerids", "externalids", "uniqueid", "uniqueids", "guid", "guids"):
        return tuple(r for r in found if r in ("imdb", "tmdb", "wikidata", "link", "mb release", "mb group", "discogs")) or (
            ("link",) if word in ("id",) else ()
        )
    if parent in ("imdb", "tmdb") and word in ("id", "url", "value", "link"):
        return (parent,)
    return tuple(found)


def rank(role: str, path: str) -> tuple[int, int]:
    """How well a name suits a role: smaller is better. Shallow paths go before deep ones."""
    words = [compact(step) for step in path.split(".")]
    word = words[-2] if len(words) > 1 and words[-1] in _LEAVES else words[-1]
    return _RANK.get((role, word), 99), len(words)
