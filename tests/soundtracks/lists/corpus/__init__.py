"""Lists of our own making: exports of programs and services, dialects and damages, each with what it means.

A case is a file's name, its bytes, and what is to be read of it. Films: (title, year, ids); albums: (title, artist, year, ids).
Ids are written imdb:tt…, tmdb:…, wikidata:Q…, discogs:…, mb:… (release), group:… (release group), barcode:….
"""

import io
import zipfile
from dataclasses import dataclass, field

BLADE = ("Blade Runner", 1982)


@dataclass(frozen=True)
class Case:
    name: str
    data: bytes
    films: list[tuple[str | None, int | None, str]] = field(default_factory=list)
    albums: list[tuple[str, str | None, int | None, str]] = field(default_factory=list)
    left_out: dict[str, int] = field(default_factory=dict)
    unreadable: int = 0

    def __str__(self) -> str:
        return self.name


def text(*lines: str, encoding: str = "utf-8", end: str = "\n") -> bytes:
    return end.join([*lines, ""]).encode(encoding)


def packed(**files: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/").replace("_DOT_", "."), content)
    return out.getvalue()


def zipped(files: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()
