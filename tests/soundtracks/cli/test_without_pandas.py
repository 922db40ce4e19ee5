"""Arrow without pandas: what a process without it does, and what it can do afterwards."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


def _said(code: str, *arguments: str) -> str:
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=120, check=True)
    return done.stdout.strip().splitlines()[-1]


def test_link_imports_no_pandas(tmp_path: Path) -> None:
    (tmp_path / "films.csv").write_text("tmdb_id,title,year\n348,Alien,1979\n", encoding="utf-8")
    (tmp_path / "albums.csv").write_text("album_id,title,artist\nmaster:1,Alien,Jerry Goldsmith\n", encoding="utf-8")
    code = (
        "import sys; from soundtracks.cli.main import main; sys.argv = ['soundtracks', 'link', *sys.argv[1:]]\n"
        "try: main()\nexcept SystemExit as ended: assert not ended.code\n"
        "print('pyarrow' in sys.modules, 'pandas' in sys.modules)"
    )
    files = ["--films", str(tmp_path / "films.csv"), "--albums", str(tmp_path / "albums.csv"), "--out", str(tmp_path / "links")]
    assert _said(code, *files) == "True False"
    assert (tmp_path / "links" / "links.csv").exists()


def test_who_wants_pandas_afterwards_finds_it_as_ever() -> None:
    code = (
        "from soundtracks.cli.without_pandas import keep_pandas_out; keep_pandas_out()\n"
        "import pyarrow as pa, sys; there = 'pandas' in sys.modules\n"
        "table = pa.table({'year': [1979, None], 'title': ['Alien', None]})\n"
        "import pandas as pd; frame = table.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)\n"
        "print(there, frame['year'].isna().tolist(), pa.Table.from_pandas(frame, preserve_index=False).equals(table))"
    )
    assert _said(code) == "False [False, True] True"


def test_pandas_that_is_there_already_is_left_alone() -> None:
    code = (
        "import pandas as pd; from soundtracks.cli.without_pandas import keep_pandas_out; keep_pandas_out()\n"
        "import pyarrow as pa; print(pa.array(pd.Series([1.0, float('nan')])).null_count)"
    )
    assert _said(code) == "1"
