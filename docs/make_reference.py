"""Writes docs/reference.md from the code: commands, settings, outputs, columns, metrics. `python docs/make_reference.py`."""

from collections.abc import Iterator
from pathlib import Path

import click
import typer.main
from pydantic import BaseModel
from rich.text import Text

from soundtracks import metrics
from soundtracks.cli.main import app
from soundtracks.publishing.catalogue import COLUMNS
from soundtracks.publishing.outputs import OUTPUTS
from soundtracks.settings import Settings, default_of

PAGE = Path(__file__).parent / "reference.md"


def render() -> str:
    """The whole page, Markdown."""
    parts = ["# Reference", "", "Made from the code by `python docs/make_reference.py`; a test holds it to the code.", ""]
    for part in (_commands, _settings, _outputs, _columns, _metrics):
        parts += [*part(), ""]
    return "\n".join(parts).rstrip() + "\n"


def commands() -> dict[str, click.Command]:
    """Every command by its name; those of a group as "group command"."""
    found: dict[str, click.Command] = {}
    for name, command in sorted(typer.main.get_group(app).commands.items()):
        inner = getattr(command, "commands", None)
        found |= {f"{name} {key}": value for key, value in inner.items()} if inner else {name: command}
    return found


def _commands() -> Iterator[str]:
    yield "## Commands\n"
    yield "Exit codes: 0 done, 1 failed, 2 bad usage or input."
    for name, command in commands().items():
        yield f"\n### `soundtracks {name}`\n"
        yield _plain(command.help or "")
        options = [p for p in command.params if p.name != "help"]
        if options:
            yield "\n| | | default |\n|---|---|---|"
        for option in options:
            names = (
                ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
                if option.param_type_name == "option"
                else f"`{option.name.upper()}`"
            )
            default = "" if option.default in (None, "") or option.required or callable(option.default) else f"`{option.default}`"
            yield f"| {names} | {_plain(getattr(option, 'help', '') or '')} | {default} |"


def _plain(markup: str) -> str:
    """A help text as a terminal shows it, on one line: rich's styles and escapes are gone."""
    return " ".join(Text.from_markup(markup).plain.split())


def _settings() -> Iterator[str]:
    yield "## Settings\n"
    yield "From the environment or `.env` (see `.env.example`).\n"
    yield "| setting | what it is for | default |\n|---|---|---|"
    for name, field in Settings.model_fields.items():
        default = f"`{default_of(name)}`" if default_of(name) != "" else ""
        yield f"| `SOUNDTRACKS_{name.upper()}` | {field.description} | {default} |"
    yield (
        "\nFrom the environment alone: `SOUNDTRACKS_STACK_FOLDER`, the folder of the local stack with its logs and Prefect's "
        "database, `.soundtracks/` of the checkout by default. Another folder is another stack: `soundtracks up --sample` beside "
        "one that runs with your keys."
    )


def _outputs() -> Iterator[str]:
    yield "## Files of a run\n"
    yield "In `runs/<run id>/` of the lake; what all runs found is in the catalogue. More in [outputs.md](outputs.md).\n"
    yield "| file | what it is | opened with |\n|---|---|---|"
    for output in OUTPUTS:
        yield f"| `{output.name}` | {output.what} | {output.opened_with} |"


def _columns() -> Iterator[str]:
    yield "## Columns of links\n"
    yield "| column | type | may be null | what it means |\n|---|---|---|---|"
    for name, kind, nullable, text in COLUMNS:
        yield f"| `{name}` | {kind} | {'yes' if nullable else 'no'} | {text} |"


def _metrics() -> Iterator[str]:
    yield "## Metrics\n"
    yield "`runs/<run id>/metrics.json`. Absent parts are absent, never zero."
    for model in (
        metrics.RunMetrics,
        metrics.SourceMetrics,
        metrics.ValidationMetrics,
        metrics.MatchMetrics,
        metrics.CatalogueMetrics,
        metrics.ApprovalMetrics,
    ):
        yield from _fields(model)


def _fields(model: type[BaseModel]) -> Iterator[str]:
    yield f"\n### {model.__name__}\n"
    yield "| metric | what it counts |\n|---|---|"
    for name, field in model.model_fields.items():
        yield f"| `{name}` | {field.description} |"


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
