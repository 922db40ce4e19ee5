"""Sets aside what cannot become a run: quarantine/titles/<name>-<hash>.<ending>, beside it the same with .reason.json."""

import hashlib
import re
from datetime import UTC, datetime

from soundtracks.inbox.titlefile import INBOX
from soundtracks.lake.lake import Lake
from soundtracks.lake.stores import Entry, printable

QUARANTINE = f"quarantine/{INBOX}"
#: Characters of a message that are kept: all that a queue's message can hold.
MAX_BODY = 64 * 2**10


def quarantine_file(lake: Lake, entry: Entry, reason: str) -> str:
    """Moves a file of the inbox to quarantine; the reason is written first, so that no file is there without one.

    Returns its name there: plain characters only, with a hash of the name and the version that it had. So neither a
    second file of that name nor one that calls itself `….reason.json` replaces what lies there.
    """
    name = printable(entry.name)
    digest = hashlib.sha256(f"{name}@{entry.stamp}".encode()).hexdigest()[:12]
    stem, dot, ending = safe_filename(name.removeprefix(f"{INBOX}/")).rpartition(".")
    target = f"{QUARANTINE}/{stem}-{digest}{dot}{ending}" if dot else f"{QUARANTINE}/{ending}-{digest}"
    lake.write_json(f"{target}.reason.json", {"reason": reason, "at": datetime.now(UTC).isoformat(), "file": name})
    lake.move(entry.name, target)
    return target


def quarantine_message(lake: Lake, message_id: str, body: str, reason: str) -> str:
    """Keeps a message that cannot become a run, with the reason; returns its name in quarantine."""
    name = f"{QUARANTINE}/messages/{safe_filename(message_id)}.json"
    lake.write_json(name, {"reason": reason, "at": datetime.now(UTC).isoformat(), "body": body[:MAX_BODY]})
    return name


def safe_filename(name: str) -> str:
    """A harmless file name that people still recognise, unique for each original: `evil/../x.csv` → `evil-..-x-1a2b3c4d.csv`."""
    if re.fullmatch(r"[\w-][\w. -]{0,100}", name, re.ASCII):
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    stem, dot, ending = re.sub(r"[^\w.-]+", "-", name, flags=re.ASCII).strip("-.")[-100:].rpartition(".")
    return f"{stem or 'file'}-{digest}{dot}{ending}"
