"""`soundtracks nfo` on a library of one album and two films."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pytest
from typer.testing import CliRunner

from soundtracks.cli import nfo, replacing
from soundtracks.cli.main import app
from soundtracks.errors import BadInput
from soundtracks.lake.lake import Lake
from soundtracks.publishing.catalogue import Catalogue
from soundtracks.publishing.publish import publish
from soundtracks.records import ALBUMS, FILMS, LINKS
from soundtracks.settings import get_settings
from tests.soundtracks.publishing.test_nfo import GROUP, LIDARR, MOVIE, OTHER, TAG

pytestmark = pytest.mark.slow  # it publishes


def publish_albums(lake: Lake, run: str, group: str | None, other: str | None) -> None:
    film = [{"tmdb_id": "78", "title": "Blade Runner", "year": 1982, "imdb_id": "tt0083658"}]
    album = [{"album_id": "release:1", "title": "Blade Runner", "musicbrainz_id": group}]
    album.append({"album_id": "release:2", "title": "Another", "musicbrainz_id": other})
    link = [{"album_id": "release:1", "tmdb_id": "78", "decision": "accept"}, {"album_id": "release:2", "decision": "reject"}]
    tables = ((film, FILMS), (album, ALBUMS), (link, LINKS))
    publish(lake, run, Catalogue(*(pa.Table.from_pylist(rows, schema) for rows, schema in tables)))


@pytest.fixture
def library(lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    publish_albums(lake, "r1", GROUP, OTHER)
    monkeypatch.setenv("SOUNDTRACKS_LAKE_URL", lake.url)
    get_settings.cache_clear()
    for name, data in {
        "music/Vangelis/Blade Runner (1994)/album.nfo": LIDARR,
        "music/Vangelis/artist.nfo": b"<artist/>",
        "films/Blade Runner (1982)/movie.nfo": MOVIE,
        "films/Alien (1979)/Alien.NFO": b"<movie><tmdbid>348</tmdbid></movie>",
        "films/Damaged/movie.nfo": b"<movie><title>A & B</title></movie>",
    }.items():
        path = tmp_path / "media" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (tmp_path / "media" / "films" / "elsewhere.nfo").symlink_to(lake.url)
    yield tmp_path / "media"
    get_settings.cache_clear()


def command(*arguments: object) -> str:
    done = CliRunner().invoke(app, ["nfo", *map(str, arguments)], env={"COLUMNS": "300"})
    assert done.exit_code == 0, done.output
    return done.output


def contents(library: Path) -> dict[str, bytes]:
    return {str(path.relative_to(library)): path.read_bytes() for path in library.rglob("*") if path.is_file()}


def test_albums_and_films_are_tagged_once(library: Path) -> None:
    before = contents(library)
    assert "2 would be changed, 1 left alone." in command(library, "--dry-run")
    assert contents(library) == before
    told = command(library / "music", library / "films", library)
    assert "1 albums and 2 films have .nfo files; 2 were changed, 1 left alone." in told
    assert "Damaged" in told
    after = contents(library)
    assert {name for name in after if after[name] != before[name]} == {
        "music/Vangelis/Blade Runner (1994)/album.nfo",
        "films/Blade Runner (1982)/movie.nfo",
    }
    assert all(TAG.encode() in after[name] for name in after if after[name] != before[name])
    assert after.keys() == before.keys()
    assert "0 were changed" in command(library)


@pytest.mark.parametrize("option", [(), ("--dry-run",)])
def test_links_without_ids_are_told_with_the_dump_that_brings_them(lake: Lake, library: Path, option: tuple[str, ...]) -> None:
    assert "MusicBrainz" not in command(library, "--dry-run")
    publish_albums(lake, "r2", None, OTHER)  # an album that is not linked has one: of no use
    before = contents(library)
    told = command(library, *option)
    assert "No album that is linked has a MusicBrainz id" in told
    assert "soundtracks import-dump release-group.tar.xz" in told
    assert contents(library) == before


def test_a_file_keeps_its_owner_and_rights(library: Path) -> None:
    path = library / "music/Vangelis/Blade Runner (1994)/album.nfo"
    path.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(path, 1234, 1234)
    before = path.stat()
    command(library)
    after = path.stat()
    assert TAG.encode() in path.read_bytes()
    assert (after.st_uid, after.st_gid, after.st_mode) == (before.st_uid, before.st_gid, before.st_mode)


def test_a_name_may_be_as_long_as_a_file_system_takes_it(library: Path) -> None:
    path = library / "films" / f"{'あ' * 83}ab.nfo"
    assert len(os.fsencode(path.name)) == 255
    path.write_bytes(MOVIE)
    command(library)
    assert TAG.encode() in path.read_bytes()


def test_two_who_tag_one_file_at_once_leave_it_whole(tmp_path: Path) -> None:
    path = tmp_path / "album.nfo"
    path.write_bytes(LIDARR)
    contents = [LIDARR + bytes([number]) * 100_000 for number in range(4)]
    with ThreadPoolExecutor(4) as pool:
        for _ in pool.map(lambda number: replacing.replace_file(path, contents[number % 4]), range(200)):
            assert path.read_bytes() in contents
    assert list(tmp_path.iterdir()) == [path]


def test_a_film_without_its_album_is_left_alone(library: Path) -> None:
    assert "0 were changed" in command(library / "films")


def test_people_keep_their_own_tags(library: Path) -> None:
    """Those of films and albums that the catalogue does not know, and of films that it knows where they are none of ours."""
    for name, tag in {"Alien (1979)/Alien.NFO": TAG, "Blade Runner (1982)/movie.nfo": "Soundtrack of my youth"}.items():
        path = library / "films" / name
        path.write_bytes(path.read_bytes().replace(b"</movie>", f"<tag>{tag}</tag></movie>".encode()))
    unknown = library / "music/unknown.nfo"
    unknown.write_bytes(f"<album><style>{TAG}</style></album>".encode())
    before = contents(library)
    assert "2 were changed" in command(library)
    movie = "films/Blade Runner (1982)/movie.nfo"
    assert b"<tag>Soundtrack of my youth</tag>" in (library / movie).read_bytes()
    assert {name for name, data in contents(library).items() if data != before[name]} == {
        movie,
        "music/Vangelis/Blade Runner (1994)/album.nfo",
    }


def test_films_keep_their_tags_where_no_music_is_among_the_folders(library: Path) -> None:
    command(library)
    tags = contents(library)
    assert "0 were changed" in command(library / "films")
    assert contents(library) == tags


def test_a_tag_goes_from_a_film_whose_album_is_gone(library: Path) -> None:
    movie = library / "films/Blade Runner (1982)/movie.nfo"
    before = movie.read_bytes()
    command(library)
    assert movie.read_bytes() != before
    album = library / "music/Vangelis/Blade Runner (1994)/album.nfo"
    album.write_bytes(LIDARR.replace(GROUP.encode(), OTHER.encode()))
    assert "1 were changed" in command(library)
    assert movie.read_bytes() == before


def test_no_folder(library: Path) -> None:
    done = CliRunner().invoke(app, ["nfo", str(library / "nowhere")])
    assert isinstance(done.exception, BadInput)


def test_a_file_that_a_media_server_writes_meanwhile_is_left_to_it(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    album = library / "music/Vangelis/Blade Runner (1994)/album.nfo"
    newer = album.read_bytes().replace(b"<title>", b"<plot>new</plot><title>")
    write = replacing.replace_file

    def replaced_meanwhile(path: Path, data: bytes, **how: object) -> None:
        if path == album.resolve():
            album.write_bytes(newer)
        write(path, data, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(nfo, "replace_file", replaced_meanwhile)
    assert "another program has just written it" in command(library)
    assert album.read_bytes() == newer
    monkeypatch.undo()


def test_a_file_of_another_album_gets_no_tag_of_the_first(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the two looks at a library a media server may put other files in its place."""
    album = library / "music/Vangelis/Blade Runner (1994)/album.nfo"
    other = LIDARR.replace(GROUP.encode(), b"00000000-0000-4000-8000-000000000099")
    read, seen = nfo._read, list[Path]()

    def read_twice(path: Path) -> bytes:
        seen.append(path)
        if seen.count(path) == 2 and path == album.resolve():
            album.write_bytes(other)
        return read(path)

    monkeypatch.setattr(nfo, "_read", read_twice)
    assert "another program has just written it" in command(library)
    assert album.read_bytes() == other


def test_a_link_put_in_the_place_of_a_file_is_not_followed(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    movie = library / "films/Blade Runner (1982)/movie.nfo"
    (secret := tmp_path / "secret").write_bytes(movie.read_bytes())
    movie.unlink()
    movie.symlink_to(secret)
    monkeypatch.setattr(nfo, "_files", lambda folders: iter([movie]))
    assert "left alone" in command(library)
    assert TAG.encode() not in secret.read_bytes()


def test_what_a_killed_run_left_is_removed_and_what_another_writes_is_not(library: Path) -> None:
    old, new = library / ".soundtracks-old.part", library / ".soundtracks-new.part"
    for path in (old, new):
        path.write_bytes(b"<movie>")
    os.utime(old, (0, 0))
    command(library)
    assert (old.exists(), new.exists()) == (False, True)


def test_names_that_are_no_text_and_folders_that_may_not_be_written(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hostile = Path(os.fsdecode(os.fsencode(library / "films") + b"/[b]\xff\x1b]8;;x\x07\n.nfo"))
    hostile.write_bytes(MOVIE)

    def full(*_: object, **__: object) -> tuple[int, str]:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(replacing.tempfile, "mkstemp", full)
    before = contents(library)
    printed = command(library)
    assert "No space left on device" in printed
    assert "\x1b" not in printed
    assert contents(library) == before
