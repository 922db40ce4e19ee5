import pytest

from soundtracks.text.folding import key
from soundtracks.text.spelling import spelling, spelling_key, spelt_alike


@pytest.mark.parametrize(
    ("title", "other"),
    [
        ("Sharmilee", "Sharmeelee"),  # ee, i
        ("Chahat", "Chaahat"),  # aa, a
        ("Zamane Se Poochho", "Zamane Se Poocho"),  # chh, ch; oo, u
        ("Mera Jawaab", "Mera Javab"),  # v, w
        ("Sankarlal", "Shankarlal"),  # sh, s
        ("Sathya Jyothi", "Satya Jyoti"),  # th, t
        ("Ezhuthatha Sattangal", "Eluthata Sattaangal"),  # zh, l
        ("Poolapallakki", "Poola Pallaki"),  # joined words, doubled letters
        ("Shirdi Ke Saibaba", "Shirdi Ke Sai Baba"),
        ("Kaadhal Oviyam", "Kathal Ovium"),
        ("Kelviyum Naane Pathilum Naane", "Kelviyum Naaney Badhilum Naaney"),
        ("Swami Vivekanand", "Swami Vivekananda"),
        ("Charanon Ki Saugandh", "Charnon Ki Saugandh"),  # a vowel that is not spoken
        ("Ilaiyaraaja", "Ilayaraja"),
        ("Sembagame Sembagame", "Shenbagamae Shenbagamae"),
    ],
)
def test_spellings_of_one_name(title: str, other: str) -> None:
    assert spelt_alike(key(title), key(other))
    assert spelling_key(key(title)) == spelling_key(key(other))


@pytest.mark.parametrize(
    ("title", "other"),
    [
        ("Dummy", "Tommy"),  # sounds in common, letters not
        ("Eros", "Iris"),
        ("Found", "Pound"),
        ("Black Focus", "Black Force"),  # English is not transcribed
        ("Annamalai", "Arunachalam"),
        ("1984", "1984"),
        ("映画", "映画"),
        ("Up", "Up"),
    ],
)
def test_other_names(title: str, other: str) -> None:
    assert not spelt_alike(key(title), key(other))


def test_a_spelling_is_for_latin_letters() -> None:
    assert (spelling("sharmilee"), spelling("映画"), spelling("")) == ("sarmili", "", "")
