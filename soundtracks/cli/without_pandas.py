"""Arrow without pandas, for commands that need none: it takes a quarter of a second of each start."""

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from types import ModuleType


def keep_pandas_out() -> None:
    """Arrow asks once whether there is pandas, and imports it to know: here it is told that there is none.

    An `import pandas` after this finds it as ever, and so does what turns Arrow's tables into its frames.
    """
    if "pandas" in sys.modules:
        return
    finder = _NoPandas()
    sys.meta_path.insert(0, finder)
    try:
        import pyarrow as pa

        pa.scalar(0)  # asks
    finally:
        sys.meta_path.remove(finder)


class _NoPandas(MetaPathFinder):
    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:
        if fullname == "pandas":
            raise ModuleNotFoundError("pandas is not needed here", name=fullname)
