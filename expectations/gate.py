"""Runs a suite over a table and splits its rows into good ones and quarantined ones, each with rule, value and reason."""

import json
import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from soundtracks.errors import DatasetBroken
from soundtracks.records import QUARANTINE

os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")

#: Datasets with a suite: expectations/<name>.py
SUITES = ("titles", "films", "albums", "links")


@dataclass
class GateResult:
    """`good`: rows that break no critical rule, in order. `quarantined`: schema QUARANTINE, one row a broken rule.

    `warnings`: messages of warning-level rules that broke. `docs`: files of the Data Docs, name -> content.
    """

    good: pa.Table
    quarantined: pa.Table
    quarantined_rows: int
    warnings: list[str] = field(default_factory=list)
    docs: dict[str, bytes] = field(default_factory=dict)

    def require_usable(self, name: str) -> None:
        """Raises DatasetBroken when no good row is left: called once the quarantine is written, so that nothing is lost."""
        if self.good.num_rows == 0:
            reason = Counter(self.quarantined["reason"].to_pylist()).most_common(1)[0][0]
            raise DatasetBroken(
                f"No usable row is left in {name}: all {self.quarantined_rows} break a rule, most often: {reason}",
                hint="The quarantine lists each row with its reason.",
            )


def check(name: str, table: pa.Table) -> GateResult:
    """Validates a table by the suite expectations/<name>.py.

    Raises DatasetBroken when a column is missing, there are no rows, or a rule cannot run.
    """
    frame = _to_frame(table)
    with tempfile.TemporaryDirectory() as folder:
        result = _run_suite(name, frame, Path(folder))
        docs = {
            str(p.relative_to(folder)): p.read_bytes() for p in sorted(Path(folder).rglob("*")) if p.suffix in (".html", ".css")
        }
    failures = [r for r in result.results if not r.success]
    rules = {rule.configuration.type: rule for rule in _rules(name)}  # results come back without severity and description
    _stop_if_broken(name, frame, failures)
    broken = pd.DataFrame(
        [failure for r in failures if _is_critical(r, rules) for failure in _broken_rows(r, rules)],
        columns=["index", "rule", "column", "value", "reason"],
    )
    bad = set(broken["index"])
    rows = table.to_pylist()
    quarantined = pa.Table.from_pylist(
        [
            {"row": json.dumps(rows[b["index"]], ensure_ascii=False, default=str)}
            | {k: b[k] for k in ("rule", "column", "value", "reason")}
            for b in broken.sort_values(["index", "rule"]).to_dict("records")
        ],
        schema=QUARANTINE,
    )
    keep = pa.array([i not in bad for i in range(len(frame))], pa.bool_())
    warnings = [_describe(r, rules) for r in failures if not _is_critical(r, rules)]
    return GateResult(table.filter(keep), quarantined, len(bad), warnings, docs)


def _to_frame(table: pa.Table) -> pd.DataFrame:
    """Arrow to pandas without turning null years into floats; `_row` numbers the rows, since results come out of order."""
    frame: pd.DataFrame = table.to_pandas(types_mapper={pa.int32(): pd.Int32Dtype()}.get)
    frame.insert(0, "_row", range(len(frame)))
    return frame


def _rules(name: str) -> list[Any]:
    rules: list[Any] = import_module(f"expectations.{name}").suite()
    return rules


def _run_suite(name: str, frame: pd.DataFrame, docs: Path) -> Any:
    import great_expectations as gx  # takes seconds to import

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    store = {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(docs)}
    context.add_data_docs_site(
        "lake",
        {"class_name": "SiteBuilder", "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"}, "store_backend": store},
    )
    suite = gx.ExpectationSuite(name=name, expectations=_rules(name))
    batch = context.data_sources.add_pandas("lake").add_dataframe_asset(name).add_batch_definition_whole_dataframe("rows")
    validation = context.validation_definitions.add(
        gx.ValidationDefinition(name=name, data=batch, suite=context.suites.add(suite))
    )
    checkpoint = context.checkpoints.add(
        gx.Checkpoint(
            name=name,
            validation_definitions=[validation],
            actions=[gx.checkpoint.UpdateDataDocsAction(name="docs", site_names=["lake"])],
            result_format={"result_format": "COMPLETE", "unexpected_index_column_names": ["_row"]},
        )
    )
    run = checkpoint.run(batch_parameters={"dataframe": frame})
    return next(iter(run.run_results.values()))


def _stop_if_broken(name: str, frame: pd.DataFrame, failures: list[Any]) -> None:
    missing = [
        r.expectation_config.kwargs["column"]
        for r in failures
        if r.expectation_config.type.startswith("expect_column") and _is_column_rule(r)
    ]
    if missing:
        have = ", ".join(c for c in frame.columns if c != "_row") or "none"
        raise DatasetBroken(f"{name} lacks the column {', '.join(missing)}.", hint=f"It has: {have}.")
    if frame.empty:
        raise DatasetBroken(f"{name} is empty: there is nothing to go on with.")
    for r in failures:  # a rule that could not run must not pass for one that found nothing
        if message := _exception(r):
            raise DatasetBroken(f"{name}: the rule {r.expectation_config.type} could not run: {message}")


def _exception(result: Any) -> str:
    """GX reports an exception either plainly or, when a metric raised it, in a dictionary by metric."""
    info = result.exception_info or {}
    for found in (info, *(value for value in info.values() if isinstance(value, dict))):
        if found.get("raised_exception"):
            return str(found.get("exception_message"))
    return ""


def _is_column_rule(result: Any) -> bool:
    return str(result.expectation_config.type) == "expect_column"


def _broken_rows(result: Any, rules: dict[str, Any]) -> Iterator[tuple[int, str, str, str, str]]:
    config = result.expectation_config
    column = str(config.kwargs.get("column") or ", ".join(config.kwargs.get("column_list", [])))
    for unexpected in result.result.get("unexpected_index_list") or []:
        value = {k: v for k, v in unexpected.items() if k != "_row"}
        shown = next(iter(value.values())) if len(value) == 1 else value
        yield int(unexpected["_row"]), str(config.type), column, str(shown)[:500], rules[config.type].description


def _is_critical(result: Any, rules: dict[str, Any]) -> bool:
    severity = rules[result.expectation_config.type].severity
    return str(getattr(severity, "value", severity)) == "critical"


def _describe(result: Any, rules: dict[str, Any]) -> str:
    config, share = result.expectation_config, result.result.get("unexpected_percent")
    return f"{config.kwargs.get('column', 'table')}: {rules[config.type].description}" + (
        f" ({share:.0f} % break it)" if share is not None else ""
    )
