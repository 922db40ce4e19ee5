"""Runs a suite over a table and splits its rows into good ones and quarantined ones, each with rule, value and reason."""

import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import pandas as pd
import pyarrow as pa

from expectations.lean import lean_import
from soundtracks.errors import DatasetBroken
from soundtracks.records import QUARANTINE
from soundtracks.reporting.gate_page import MAX_EXAMPLES, Checked, render_checks

os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")

#: Datasets with a suite: expectations/<name>.py
SUITES = ("titles", "films", "albums", "links")


@dataclass
class GateResult:
    """`good`: rows that break no critical rule, in order. `quarantined`: schema QUARANTINE, one row a broken rule.

    `warnings`: messages of warning-level rules that broke. `page`: every rule and what it found, as HTML.
    """

    good: pa.Table
    quarantined: pa.Table
    quarantined_rows: int
    warnings: list[str] = field(default_factory=list)
    page: str = ""

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
    result = _run_suite(name, frame)
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
    page = render_checks(name, len(frame), len(bad), [_checked(r, rules) for r in result.results])
    return GateResult(table.filter(keep), quarantined, len(bad), warnings, page)


def _to_frame(table: pa.Table) -> pd.DataFrame:
    """Arrow to pandas without turning null years into floats; `_row` numbers the rows, since results come out of order."""
    frame: pd.DataFrame = table.to_pandas(types_mapper={pa.int32(): pd.Int32Dtype()}.get)
    frame.insert(0, "_row", range(len(frame)))
    return frame


def _rules(name: str) -> list[Any]:
    rules: list[Any] = import_module(f"expectations.{name}").suite()
    return rules


def _run_suite(name: str, frame: pd.DataFrame) -> Any:
    """Great Expectations' result. Its own Data Docs are not built: they escape nothing and load scripts from other hosts."""
    with lean_import():
        import great_expectations as gx

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    suite = context.suites.add(gx.ExpectationSuite(name=name, expectations=_rules(name)))
    batch = context.data_sources.add_pandas("lake").add_dataframe_asset(name).add_batch_definition_whole_dataframe("rows")
    validation = context.validation_definitions.add(gx.ValidationDefinition(name=name, data=batch, suite=suite))
    return validation.run(
        batch_parameters={"dataframe": frame},
        result_format={"result_format": "COMPLETE", "unexpected_index_column_names": ["_row"]},
    )


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


def _checked(result: Any, rules: dict[str, Any]) -> Checked:
    config = result.expectation_config
    broken = list(_broken_rows(result, rules))
    return Checked(
        column=str(config.kwargs.get("column") or ", ".join(config.kwargs.get("column_list", [])) or "the table"),
        rule=rules[config.type].description,
        critical=_is_critical(result, rules),
        passed=bool(result.success),
        broken=len({index for index, *_ in broken}),
        examples=[value for _, _, _, value, _ in broken[:MAX_EXAMPLES]],
    )


def _is_critical(result: Any, rules: dict[str, Any]) -> bool:
    severity = rules[result.expectation_config.type].severity
    return str(getattr(severity, "value", severity)) == "critical"


def _describe(result: Any, rules: dict[str, Any]) -> str:
    config, share = result.expectation_config, result.result.get("unexpected_percent")
    return f"{config.kwargs.get('column', 'table')}: {rules[config.type].description}" + (
        f" ({share:.0f} % break it)" if share is not None else ""
    )
