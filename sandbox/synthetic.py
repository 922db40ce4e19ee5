"""Made-up soundtrack albums in any number, spread over years and countries as real ones are: for sweeps and their limits."""

import random
from dataclasses import replace

from sandbox.catalogue import Album, Catalogue

FIRST_ID = 980_000_000
WORDS = (  # noqa: SIM905
    "Amber Anchor Arrow Autumn Beacon Bitter Canyon Carnival Cinder Cobalt Copper Crimson Desert Distant Echo Ember Empty "
    "Falling Feather Final Forest Garden Ghost Glass Golden Harbor Harvest Hidden Hollow Horizon Iron Island Ivory Journey "
    "Lantern Last Letter Lonely Marble Meadow Midnight Mirror Morning Night Northern Ocean Orchid Paper Quiet Raven River "
    "Rose Salt Scarlet Secret Shadow Silent Silver Sparrow Station Stone Storm Summer Tiger Tower Velvet Violet Winter"
).split()
# Rough shares of the countries among releases with the style Soundtrack.
COUNTRIES = {"US": 34, "Japan": 16, "Italy": 12, "UK": 11, "France": 10, "Germany": 9, "Europe": 6, "Spain": 2}
FORMS = (
    "{} (Original Motion Picture Soundtrack)",
    "{} (Original Score)",
    "{} (Music From The Motion Picture)",
    "{} (Colonna Sonora Originale)",
    "{} - Bande Originale Du Film",
    "{}",
)


def with_synthetic(catalogue: Catalogue, count: int, seed: int = 1) -> Catalogue:
    """The catalogue with `count` further releases; the same for the same count and seed."""
    draw = random.Random(seed)
    countries, shares = list(COUNTRIES), list(COUNTRIES.values())
    made = []
    for number in range(count):
        style = draw.choice((("Soundtrack",), ("Soundtrack", "Score"), ("Score",)))
        made.append(
            Album(
                kind="release",
                id=FIRST_ID + number,
                master_id=0,
                artist="Various" if draw.random() < 0.3 else f"{draw.choice(WORDS)} {draw.choice(WORDS)}",
                title=draw.choice(FORMS).format(" ".join(draw.sample(WORDS, draw.randint(1, 3)))),
                year=str(int(draw.triangular(1955, 2025, 1995))) if draw.random() > 0.04 else "",
                country=draw.choices(countries, shares)[0],
                genres=("Stage & Screen",),
                styles=style,
                formats=draw.choice((("Vinyl", "LP", "Album"), ("CD", "Album"), ("Cass", "Album"))),
                labels=(f"{draw.choice(WORDS)} Records",),
                catno=f"SYN-{number}",
                barcodes=(),
                have=draw.randint(1, 500),
            )
        )
    return replace(catalogue, albums=catalogue.albums + tuple(made))
