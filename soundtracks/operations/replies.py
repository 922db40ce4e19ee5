"""Answers of Azure's services, read by what we need of them: what is otherwise becomes one kind of error. Prefect-free."""

from collections.abc import Callable
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from soundtracks.errors import UnexpectedAnswer

T = TypeVar("T")
#: Fields that are named of an answer that lacks them, or has them otherwise.
MAX_FIELDS = 3


def read_answer(kind: type[T], body: str | bytes, whose: str) -> T:
    """The answer as `kind`, a model or a list of them, which holds no more than what is needed. `whose`: who gave it, as the
    beginning of a sentence.

    Raises UnexpectedAnswer, which names fields but shows no value: a value may be a secret.
    """
    try:
        return TypeAdapter(kind).validate_json(body)
    except ValidationError as error:
        raise UnexpectedAnswer(whose, _what_is_wrong(body, error)) from None  # its text would show the answer


def with_sdk(do: Callable[[], T], whose: str) -> T:
    """What a call of one of Azure's SDKs returns. Raises UnexpectedAnswer besides the SDK's own errors: of an answer that is
    empty, or of another shape, the SDK's reading raises whatever Python does."""
    try:
        return do()
    except (ValueError, TypeError, AttributeError) as error:
        raise UnexpectedAnswer(whose, "something that its SDK cannot read") from error


def _what_is_wrong(body: str | bytes, error: ValidationError) -> str:
    text = body.decode(errors="replace") if isinstance(body, bytes) else body
    if not text.strip():
        return "nothing"
    if text.lstrip().startswith("<"):
        return "a web page instead of JSON"
    problems = error.errors(include_input=False, include_url=False)
    if problems[0]["type"] == "json_invalid":
        return "something that is no JSON"
    fields = [".".join(str(part) for part in problem["loc"]) or "all of it" for problem in problems]
    missing = [name for name, problem in zip(fields, problems, strict=True) if problem["type"] == "missing"]
    wrong = [name for name in fields if name not in missing]
    said = [f"no {', '.join(missing[:MAX_FIELDS])}"] if missing else []
    said += [f"{', '.join(wrong[:MAX_FIELDS])} of another kind"] if wrong else []
    return " and ".join(said)
