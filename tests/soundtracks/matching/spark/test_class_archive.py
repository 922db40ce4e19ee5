"""The archive of Spark's classes, in JVMs of their own: the one of this process runs already."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.spark

MAKE = "from pathlib import Path; from soundtracks.matching.spark.class_archive import make; make(Path({archive!r}))"
START = """
from pathlib import Path
from soundtracks.matching.spark import session
session.CLASSES = Path({archive!r})
started = session.start_session("local[1]")
assert started.range(3).count() == 3
print("mapped:", {archive!r} in Path(f"/proc/{{started.sparkContext._gateway.proc.pid}}/maps").read_text())
"""


def python(code: str, archive: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code.format(archive=str(archive))], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_made_archive_is_mapped_by_the_next_jvm(tmp_path: Path) -> None:
    archive = tmp_path / "of this test" / "spark.jsa"
    python(MAKE, archive)
    assert [file.name for file in archive.parent.iterdir()] == [archive.name]
    assert "mapped: True" in python(START, archive)


def test_spark_starts_beside_an_archive_that_does_not_fit(tmp_path: Path) -> None:
    archive = tmp_path / "spark.jsa"
    archive.write_bytes(b"of another Java")
    assert python(START, archive).strip() == "mapped: False"
