"""The form of a run that waits for approval, and what stands above it."""

import pytest
from pydantic import ValidationError

from soundtracks.reporting.changes import Change
from soundtracks.reporting.moves import Moves
from tasks.approval import SHOWN_CHANGES, Approval, proposal


def test_the_form_needs_a_decision_and_offers_two() -> None:
    schema = Approval.model_json_schema()
    assert schema["required"] == ["decision"]
    assert schema["properties"]["decision"]["enum"] == ["publish", "discard"]
    assert all(field["title"] and field["description"] for field in schema["properties"].values())
    assert Approval(decision="publish").model_dump() == {"decision": "publish", "by": "", "reason": ""}


@pytest.mark.parametrize(
    "answer", [{}, {"decision": "yes"}, {"decision": "publish", "by": "x" * 81}, {"decision": "publish", "more": "1"}]
)
def test_an_answer_that_is_none_publishes_nothing(answer: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Approval.model_validate(answer)


def test_a_proposal_says_what_would_move_and_how_to_decide() -> None:
    changes = [Change("master:1", "Blade | Runner <b>", [("78", "Blade Runner")], [("693134", "Dune")])]
    changes += [Change(f"release:{n}", f"Album {n}", [("78", "Blade Runner")], []) for n in range(SHOWN_CHANGES + 1)]
    text = proposal(Moves(60, 52, changes), "r1")
    assert "52 of 60 links that stand on its films and albums would go or change film. Nothing is published yet." in text
    assert "| Blade \\| Runner &lt;b&gt; | Blade Runner | Dune |" in text
    assert "| Album 1 | Blade Runner | – |" in text
    assert text.endswith("… and 2 albums more.")
    for command in ("run --approve r1", "run --cancel r1", "report r1"):
        assert f"`soundtracks {command}`" in text
