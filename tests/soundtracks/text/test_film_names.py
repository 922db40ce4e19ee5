import pyarrow as pa
import pytest

from soundtracks.text.canonical import MAIN_TITLE, film_names


def test_films_have_each_name_once_the_surest_kind_first() -> None:
    films = pa.table(
        {
            "title": ["Glass Onion: A Knives Out Mystery", "Your Name."],
            "original_title": ["Glass Onion: A Knives Out Mystery", "君の名は。"],
            "alternative_titles": pa.array([["Glass Onion"], None], pa.list_(pa.string())),
        }
    )
    names = film_names(films).to_pylist()
    assert [(n["key"], n["kind"]) for n in names if n["film"] == 0] == [
        ("glass onion a knives out mystery", 0),
        ("~klsnknvstmstr", 0),  # whatever its spelling
        ("glass onion", 3),
        ("knives out mystery", 4),
    ]
    assert [(n["key"], n["kind"]) for n in names if n["film"] == 1] == [
        ("your name", 0),
        ("君の名は", 1),
    ]


def test_a_numbered_part_is_not_called_as_its_series() -> None:
    titles = ["The Godfather: Part II", "Alien: Covenant"]
    names = film_names(pa.table(dict.fromkeys(("title", "original_title"), titles) | {"alternative_titles": [None, None]}))
    assert [row["key"] for row in names.to_pylist() if row["key"] in ("godfather", "alien")] == ["alien"]


@pytest.mark.parametrize(
    ("title", "parts"),
    [
        ("葉問2:宗師傳奇", [("葉問 2", MAIN_TITLE), ("yewen 2", MAIN_TITLE)]),
        ("赤壁2:决战天下", [("赤壁 2", MAIN_TITLE), ("chibi 2", MAIN_TITLE)]),
        # not called as their series
        ("007:大破天幕杀机", []),
        ("1987:黎明到来的那一天", []),
        ("名探偵コナン:時計じかけの摩天楼", []),
        ("哈利波特:神秘的魔法石", []),
        ("ドラゴンボールZ:神と神", []),
    ],
)
def test_a_colon_without_a_blank_parts_a_title_behind_a_number(title: str, parts: list[tuple[str, int]]) -> None:
    names = film_names(pa.table({"title": [title], "original_title": [title], "alternative_titles": [None]}))
    assert [(row["key"], row["kind"]) for row in names.to_pylist() if row["kind"] >= MAIN_TITLE] == parts
