"""Exports of programs and services that keep films."""

import gzip
import json

from tests.soundtracks.lists.corpus import BLADE, Case, text, zipped

TRAKT = {"title": "Blade Runner", "year": 1982, "ids": {"trakt": 1, "slug": "x", "imdb": "tt0083658", "tmdb": 78}}
IDS = "imdb:tt0083658 tmdb:78"

OF_FILMS = [
    Case(
        "letterboxd-watchlist.csv",
        text("Date,Name,Year,Letterboxd URI", "2020-02-01,Ran,1985,https://boxd.it/a", "2020-02-01,Roma,,https://boxd.it/b"),
        [("Ran", 1985, ""), ("Roma", None, "")],
    ),
    Case(
        "letterboxd-list.csv",
        text("Letterboxd list export v7", "Date,Name,Tags,URL,Description", "2020-01-01,Best scores,,https://boxd.it/x,", "")
        + text("Position,Name,Year,URL,Description", '1,"Good, the Bad and the Ugly, The",1966,https://boxd.it/a,'),
        [("The Good, the Bad and the Ugly", 1966, "")],
    ),
    Case(
        "imdb-watchlist.csv",
        text(
            "Position,Const,Created,Modified,Description,Title,Original Title,URL,Title Type,IMDb Rating,Runtime (mins),Year,Genres",
            "1,tt0083658,2020-01-01,2020-01-01,,Blade Runner,Blade Runner,https://www.imdb.com/title/tt0083658/,Movie,8,117,1982,x",
            "2,tt0944947,2020-01-01,2020-01-01,,Game of Thrones,Game of Thrones,https://x,TV Series,9,57,2011,x",
            "3,tt2301455,2020-01-01,2020-01-01,,Felina,Felina,https://x,TV Episode,9,55,2013,x",
            "4,tt1234567,2020-01-01,2020-01-01,,A Short,A Short,https://x,Short,7,5,1990,x",
            "5,tt7654321,2020-01-01,2020-01-01,,Chernobyl,Chernobyl,https://x,TV Mini Series,9,60,2019,x",
            "6,tt7654322,2020-01-01,2020-01-01,,A Clip,A Clip,https://x,Music Video,7,5,1990,x",
        ),
        [("Blade Runner", 1982, "imdb:tt0083658"), ("A Short", 1990, "imdb:tt1234567")],
        left_out={"series": 2, "episode": 1, "music video": 1},
    ),
    Case(
        "title.basics.tsv",
        text(
            "tconst\ttitleType\tprimaryTitle\toriginalTitle\tisAdult\tstartYear\tendYear\truntimeMinutes\tgenres",
            "tt0083658\tmovie\tBlade Runner\tBlade Runner\t0\t1982\t\\N\t117\tAction",
            "tt0000001\ttvEpisode\tPilot\tPilot\t0\t2008\t\\N\t\\N\t\\N",
            "tt0000009\tmovie\tMiss Jerry\tMiss Jerry\t0\t\\N\t\\N\t45\tRomance",
        ),
        [("Blade Runner", 1982, "imdb:tt0083658"), ("Miss Jerry", None, "imdb:tt0000009")],
        left_out={"episode": 1},
    ),
    Case(
        "trakt-old-layout.zip",
        zipped(
            {
                "watched/watched-movies.json": json.dumps([{"plays": 1, "movie": TRAKT}]),
                "lists/watchlist.json": json.dumps(
                    [{"rank": 1, "type": "show", "show": {"title": "Dark", "ids": {"tmdb": 70523}}}]
                ),
                "user/profile.json": json.dumps({"username": "x", "name": "Example"}),
            }
        ),
        [(*BLADE, IDS)],
        left_out={"series": 1},
    ),
    Case("trakt-list.json", json.dumps([{"rank": 1, "type": "movie", "movie": TRAKT}]).encode(), [(*BLADE, IDS)]),
    Case(
        "trakt.csv",
        text(
            "rank,type,title,year,trakt_id,imdb_id,tmdb_id,url",
            "1,movie,Blade Runner,1982,1,tt0083658,78,https://trakt.tv/movies/x",
            "2,show,Dark,2017,2,tt5753856,70523,u",
        ),
        [(*BLADE, IDS)],
        left_out={"series": 1},
    ),
    Case(
        "radarr-list.csv",
        text("Title,Year,TmdbId,ImdbId,Collection TmdbId", "Alien,1979,348,tt0078748,8091"),
        [("Alien", 1979, "tmdb:348 imdb:tt0078748")],
    ),
    Case(
        "radarr-collections.json",
        json.dumps(
            [{"title": "Alien", "year": 1979, "tmdbId": 348, "collection": {"title": "Alien Collection", "tmdbId": 8091}}]
        ).encode(),
        [("Alien", 1979, "tmdb:348")],
    ),
    Case(
        "sonarr.json",
        json.dumps(
            [{"title": "Dark", "year": 2017, "tvdbId": 334824, "imdbId": "tt5753856", "titleSlug": "dark", "qualityProfileId": 1}]
        ).encode(),
        left_out={"series": 1},
    ),
    Case(
        "plex-api.xml",
        text(
            '<MediaContainer size="2"><Video ratingKey="1" type="movie" title="Blade Runner" year="1982" guid="plex://movie/x">',
            '<Guid id="imdb://tt0083658"/><Guid id="tmdb://78"/><Genre tag="x"/></Video>',
            '<Directory ratingKey="2" type="show" title="Dark" year="2017"/></MediaContainer>',
        ),
        [(*BLADE, IDS)],
        left_out={"series": 1},
    ),
    Case(
        "plex-old-agent.csv",
        text(
            "Title,Year,guid",
            "Psycho,1960,com.plexapp.agents.imdb://tt0054215?lang=en",
            "Alien,1979,com.plexapp.agents.themoviedb://348?lang=de",
        ),
        [("Psycho", 1960, "imdb:tt0054215"), ("Alien", 1979, "tmdb:348")],
    ),
    Case(
        "tautulli.json",
        json.dumps(
            [
                {
                    "title": "Blade Runner",
                    "year": 1982,
                    "type": "movie",
                    "guids": [{"id": "imdb://tt0083658"}, {"id": "tmdb://78"}, {"id": "tvdb://5"}],
                }
            ]
        ).encode(),
        [(*BLADE, IDS)],
    ),
    Case(
        "jellyfin.csv",
        text("Name;ProductionYear;Type;ProviderIds.Imdb;ProviderIds.TmdbCollection", "Alien;1979;Movie;tt0078748;8091"),
        [("Alien", 1979, "imdb:tt0078748")],
    ),
    Case(
        "emby-two-roots.nfo",
        text(
            "<movie><title>Das Boot</title><year>1981</year></movie>", "<movie><title>Alien</title><tmdbid>348</tmdbid></movie>"
        ),
        [("Das Boot", 1981, ""), ("Alien", None, "tmdb:348")],
    ),
    Case("only-address.nfo", text("https://www.themoviedb.org/movie/387-das-boot"), [(None, None, "tmdb:387")]),
    Case(
        "tvshow.nfo",
        text("<tvshow><title>Dark</title><year>2017</year><uniqueid type='tmdb'>70523</uniqueid></tvshow>"),
        left_out={"series": 1},
    ),
    Case(
        "simkl.csv",
        text(
            "SIMKL_ID,Title,Type,Year,TVDB,TMDB,IMDB",
            "9,Blade Runner,movie,1982,,78,tt0083658",
            "8,Dark,tv show,2017,1,70523,tt5753856",
        ),
        [(*BLADE, IDS)],
        left_out={"series": 1},
    ),
    Case(
        "criticker.csv",
        text("Score, Film Name, Date Rated, Year, IMDB ID", '97,"Blade Runner","Nov 02 2021, 19:40",1982,tt0083658'),
        [(*BLADE, "imdb:tt0083658")],
    ),
    Case(
        "movielens-links.csv",
        text("movieId,imdbId,tmdbId", "541,0083658,78", "2,0113497,8844"),
        [(None, None, IDS), (None, None, "imdb:tt0113497 tmdb:8844")],
    ),
    Case(
        "movielens-ml-100k.item",
        text("1|Toy Story (1995)|01-Jan-1995||http://us.imdb.com/M/title-exact?Toy%20Story%20(1995)|0|0", encoding="cp1252")
        + text("2|Léon (1994)|01-Jan-1994||http://us.imdb.com/x|0|1", encoding="cp1252"),
        [("Toy Story", 1995, ""), ("Léon", 1994, "")],
    ),
    Case(
        "netflix-history.csv",
        text("Title,Date", '"Dark: Season 1: Secrets","1/2/20"', '"The Irishman","12/1/19"', '"Star Wars: Episode IV","1/1/18"'),
        [("The Irishman", None, ""), ("Star Wars: Episode IV", None, "")],
        left_out={"episode": 1},
    ),
    Case(
        "wikidata.csv",
        text(
            "film,filmLabel,publicationDate,imdbId",
            "http://www.wikidata.org/entity/Q184843,Blade Runner,1982-06-25T00:00:00Z,tt0083658",
        ),
        [(*BLADE, "wikidata:Q184843 imdb:tt0083658")],
    ),
    Case(
        "wikidata-simple.json",
        json.dumps(
            [
                {
                    "item": "http://www.wikidata.org/entity/Q184843",
                    "itemLabel": "Blade Runner",
                    "tmdb": "78",
                    "date": "1982-06-25T00:00:00Z",
                }
            ]
        ).encode(),
        [(*BLADE, "wikidata:Q184843 tmdb:78")],
    ),
    Case(
        "tmdb-discover.json",
        json.dumps(
            {
                "page": 1,
                "results": [
                    {
                        "adult": False,
                        "genre_ids": [1],
                        "id": 78,
                        "original_language": "en",
                        "original_title": "Blade Runner",
                        "release_date": "1982-06-25",
                        "title": "Blade Runner",
                        "vote_average": 8.1,
                    }
                ],
            }
        ).encode(),
        [(*BLADE, "tmdb:78")],
    ),
    Case(
        "dvdprofiler.xml",
        text(
            "<?xml version='1.0' encoding='windows-1252'?>",
            "<Collection><DVD><ID>1</ID><UPC>7-321900-000000</UPC><Title>Léon</Title><OriginalTitle/><ProductionYear>1994</ProductionYear>",
            "<Released>2007-12-18</Released><Actors><Actor FirstName='J'/></Actors></DVD>",
            "<DVD><ID>2</ID><UPC/><Title>Alien</Title><OriginalTitle/><ProductionYear>0</ProductionYear><Released>1999-01-01</Released></DVD></Collection>",
            encoding="cp1252",
        ),
        [("Léon", 1994, ""), ("Alien", None, "")],
    ),
    Case(
        "gcstar.gcs",
        text(
            '<?xml version="1.0"?><collection type="GCfilms" items="1"><information><maxId>1</maxId></information>',
            '<item id="1" title="Der dritte Mann" original="The Third Man" date="1949-09-01" webPage="https://www.imdb.com/title/tt0041959/" director="x"/>',
            "</collection>",
        ),
        [("Der dritte Mann", 1949, "imdb:tt0041959")],
    ),
    Case(
        "tellico.xml",
        text(
            '<tellico xmlns="http://periapsis.org/tellico/"><collection type="3" title="My Films">',
            '<entry id="0"><title>Blade Runner</title><year>1982</year><imdb>https://www.imdb.com/title/tt0083658/</imdb></entry>',
            '<entry id="1"><title>Alien</title><year>1979</year></entry></collection></tellico>',
        ),
        [(*BLADE, "imdb:tt0083658"), ("Alien", 1979, "")],
    ),
    Case(
        "clz-movies.csv",
        text(
            "Title,Release Year,IMDb Url,Format,Barcode,Release Date",
            "Alien,1979,http://www.imdb.com/title/tt0078748,Blu-ray,012345678905,2010-10-26",
        ),
        [("Alien", 1979, "imdb:tt0078748")],
    ),
    Case(
        "german.csv",
        text(
            "Nr.;Filmtitel;Originaltitel;Produktionsjahr;Regie", "1;Spiel mir das Lied vom Tod;C'era una volta il West;1968;Leone"
        ),
        [("Spiel mir das Lied vom Tod", 1968, "")],
    ),
    Case("french.csv", text("Titre;Année;Réalisateur", "Amélie;2001;Jeunet", encoding="cp1252"), [("Amélie", 2001, "")]),
    Case("spanish.csv", text("Título,Año", "El laberinto del fauno,2006"), [("El laberinto del fauno", 2006, "")]),
    Case("japanese.csv", text("作品名,公開年", "千と千尋の神隠し,2001", encoding="cp932"), [("千と千尋の神隠し", 2001, "")]),
    Case(
        "chinese.csv",
        text("片名,年份,类型", "霸王别姬,1993,电影", "琅琊榜,2015,电视剧", encoding="gb18030"),
        [("霸王别姬", 1993, "")],
        left_out={"series": 1},
    ),
    Case("korean.csv", text("제목,연도", "올드보이,2003", encoding="euc_kr"), [("올드보이", 2003, "")]),
    Case("russian.txt", text("Название;Год", "Сталкер;1979", encoding="cp1251"), [("Сталкер", 1979, "")]),
    Case(
        "unknown-title-heading.csv", text("Elokuvani;Vuosi", "Ariel;1988", "Juha;1999"), [("Ariel", 1988, ""), ("Juha", 1999, "")]
    ),
    Case("backloggd.csv", text("Game,Platforms,Rating", "Blade Runner,PC,5"), left_out={"game": 1}),
    Case(
        "goodreads.csv",
        text("Book Id,Title,Author,ISBN,Number of Pages,Year Published", "1,Dune,Frank Herbert,0441013597,600,1965"),
        left_out={"book": 1},
    ),
    Case(
        "myanimelist.xml",
        text(
            "<myanimelist><anime><series_animedb_id>1</series_animedb_id><series_title>Cowboy Bebop</series_title><series_type>TV</series_type></anime>",
            "<anime><series_animedb_id>164</series_animedb_id><series_title>Mononoke Hime</series_title><series_type>Movie</series_type></anime></myanimelist>",
        ),
        [("Mononoke Hime", None, "")],
        left_out={"series": 1},
    ),
    Case("strings.json", json.dumps(["Blade Runner (1982)", "Alien"]).encode(), [(*BLADE, ""), ("Alien", None, "")]),
    Case("map.json", json.dumps({"Blade Runner": 1982, "Alien": 1979}).encode(), [(*BLADE, ""), ("Alien", 1979, "")]),
    Case(
        "letterboxd.zip.gz",
        gzip.compress(zipped({"watched.csv": "Date,Name,Year,Letterboxd URI\n2020-01-01,Blade Runner,1982,u\n"})),
        [(*BLADE, "")],
    ),
]
