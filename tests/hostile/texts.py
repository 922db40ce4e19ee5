"""The collection: texts.json, id -> text."""

import json
from pathlib import Path

_RAW = json.loads(Path(__file__).with_name("texts.json").read_text(encoding="utf-8"))["texts"]

TEXTS: dict[str, str] = {entry["id"]: entry["text"] for entry in _RAW}
assert len(TEXTS) == len(_RAW) >= 100
