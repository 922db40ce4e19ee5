"""Great Expectations without what our rules do not need: nothing of that is lost for others, or for rules that would need it."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

LEAN = """
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module

from expectations.lean import OPTIONAL, RARELY_USED, lean_import

with lean_import():
    import great_expectations as gx
    elsewhere = ThreadPoolExecutor(1).submit(import_module, "sqlalchemy").result()
    assert elsewhere.__version__  # of another thread nothing is hidden

loaded = {name for name in (*OPTIONAL, *RARELY_USED) if name in sys.modules}
assert loaded == {"sqlalchemy"}, loaded
"""
#: A rule that needs scipy.stats: how far a column is from what was expected of it.
FAR = """
import pandas as pd

frame = pd.DataFrame({"decision": ["accept"] * 9 + ["reject"]})
rule = gx.expectations.ExpectColumnKLDivergenceToBeLessThan(
    column="decision", partition_object={"values": ["accept", "reject"], "weights": [0.5, 0.5]}, threshold=0.1
)
context = gx.get_context(mode="ephemeral")
batch = context.data_sources.add_pandas("p").add_dataframe_asset("a").add_batch_definition_whole_dataframe("b")
found = batch.get_batch({"dataframe": frame}).validate(rule)
assert not found.success and round(found.result["observed_value"], 3) == 0.368, found
"""
AFTERWARDS = """
import altair, pyspark
import scipy
from scipy import stats

assert altair.Chart and pyspark.__version__ and stats.norm.cdf(0) == 0.5 and scipy.stats is stats is sys.modules["scipy.stats"]
"""


@pytest.mark.parametrize("then", [FAR, AFTERWARDS], ids=["a rule over distributions", "imports"])
def test_what_is_left_out_is_there_for_who_needs_it(then):
    done = subprocess.run([sys.executable, "-c", LEAN + then], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_beside_spark_that_is_loaded_its_client_finds_what_it_needs():
    """It ended the process, without a word and with success, where it found no Google (a match in Spark, then a gate)."""
    program = (
        "import pyspark\n" + LEAN.partition("with ")[0] + "with lean_import():\n    import great_expectations\nprint('imported')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "imported\n", done.stderr
