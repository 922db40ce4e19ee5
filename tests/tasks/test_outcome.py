"""What a failed run tells people to do."""

from prefect.states import Crashed, Failed

from tasks.outcome import what_to_do


def test_a_failed_run_repeats_its_message_and_says_how_to_go_on() -> None:
    text = what_to_do("films.csv", "r1", Failed(message="films.csv is empty. Write one title per line."))
    assert text.startswith(
        "## films.csv: Failed\n\n> films.csv is empty. Write one title per line.\n\n**What to do next**\n- Mend"
    )
    assert "`runs/r1/metrics.json`" in text


def test_a_crashed_run_says_what_its_crash_means() -> None:
    text = what_to_do("films.csv", "r1", Crashed(message="Process exited with status code 137. Out of memory."))
    assert "- The container used more memory than it has. Give it more" in text


def test_without_a_message() -> None:
    assert "> It gave no message." in what_to_do("films.csv", "r1", Failed())
