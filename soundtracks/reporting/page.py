"""A page out of templates, styles and scripts: escaped by default, and locked by a content security policy."""

import base64
import hashlib
import json
from functools import lru_cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup


@lru_cache
def asset(*names: str) -> str:
    """The text of files in pages/, one after another."""
    return "\n".join((files("soundtracks.reporting.pages") / name).read_text(encoding="utf-8") for name in names)


def content_policy(*, script: str, style: str, pictures: str = "") -> str:
    """A policy that allows exactly this inline script and style: no requests but for `pictures` of one host, no frames, no
    forms, no other code."""
    code = f"script-src {_hash(script)}; style-src {_hash(style)}"
    images = f"img-src data: {pictures}".strip()
    return f"default-src 'none'; {code}; {images}; base-uri 'none'; form-action 'none'"


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def json_in_html(value: Any) -> Markup:
    """JSON that may stand inside a <script> element: nothing in it can end the element or open a comment."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return Markup(text)  # noqa: S704 - escaped above


def render(template: str, **values: Any) -> str:
    """A template of pages/ with these values, each escaped."""
    return _environment().get_template(template).render(values)


def render_still(template: str, *styles: str, **values: Any) -> str:
    """A page without scripts, out of a template and styles of pages/."""
    style = asset(*styles)
    return render(template, policy=content_policy(script="", style=style), style=style, **values)


@lru_cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("soundtracks.reporting", "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = lambda n: f"{n:,}" if isinstance(n, int) else f"{n:g}"
    environment.filters["percent"] = percent
    environment.filters["duration"] = duration
    return environment


def percent(share: float | None) -> str:
    """0.9987 -> "99.9 %"; never a certainty: what was rounded to 1 is none either."""
    if share is None:
        return "unknown"
    if share > 0.999:
        return "> 99.9 %"
    if share < 0.001:
        return "< 0.1 %"
    return f"{100 * share:.1f} %".replace(".0 ", " ")


def duration(seconds: float | None) -> str:
    """Seconds as people say them: "0.8 s", "42 s", "3 min 20 s", "2 h 5 min"."""
    if seconds is None:
        return "unknown"
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
