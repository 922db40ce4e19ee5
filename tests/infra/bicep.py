"""Reads Bicep without its compiler: which names are wrong, and what every resource looks like once parameters are filled in.

pycep gives the syntax. Here names are looked up (parameters, variables, resources, modules and their outputs), modules are
followed, and expressions are worked out as far as that is possible without Azure; what only Azure knows is an Unknown.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from pycep import BicepParser
from pycep.models import BicepElement

_PARSER = BicepParser()
#: A right operand that is a conditional belongs to the condition: pycep knows no precedence.
_BINARY = {"equals", "not_equals", "and", "or", "coalesce"}
_ACCESSORS = {"property_accessor", "index_accessor", "function_accessor"}


class Unknown(str):
    """A value that only Azure knows; its text says what it is."""


@dataclass(frozen=True)
class Resource:
    """A resource as it would be deployed. `enabled`: False when its condition does not hold with these parameters."""

    file: str
    symbol: str
    type: str
    api_version: str
    body: dict[str, Any]
    enabled: bool

    @property
    def where(self) -> str:
        return f"{self.file}: {self.symbol}"


class File:
    """One Bicep file. Raises lark's errors when it is no Bicep."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.text = path.read_text(encoding="utf-8")
        self.document: dict[str, Any] = _PARSER.parse(text=self.text)

    @property
    def name(self) -> str:
        return self.path.name

    def part(self, kind: str) -> dict[str, Any]:
        """ "parameters", "variables", "resources", "modules" or "outputs", by name."""
        return self.document.get(kind, {})

    @cached_property
    def required(self) -> set[str]:
        """Parameters without a default."""
        return {name for name, parameter in self.part("parameters").items() if parameter["default"] is None}

    @cached_property
    def secure(self) -> set[str]:
        """Parameters that Azure neither logs nor shows."""
        return {n for n, p in self.part("parameters").items() if any(d["type"] == "secure" for d in p["decorators"])}

    def module(self, symbol: str) -> "File":
        """The file of a module that this one uses."""
        return read(self.path.parent / self.part("modules")[symbol]["detail"]["path"])


@cache
def read(path: Path) -> File:
    return File(path)


def problems(file: File) -> Iterator[str]:
    """Names that do not exist, parameters of modules that are missing or unknown, and what is declared but never used."""
    declared = {n for kind in ("parameters", "variables", "resources", "modules") for n in file.part(kind)}
    used: set[str] = set()
    parts = [(kind, n, file.part(kind)[n]) for kind in ("variables", "resources", "modules", "outputs") for n in file.part(kind)]
    parts += [("parameters", n, p["default"]) for n, p in file.part("parameters").items()]
    for kind, name, part in parts:
        body = part["config"] if kind in ("resources", "modules") else part
        for found in names(body):
            used.add(found)
            if found not in declared:
                yield f"{file.name}: {name}: there is no {found!r}"
    for name in [*file.part("parameters"), *file.part("variables")]:
        if name not in used:
            yield f"{file.name}: {name} is never used"
    for symbol in file.part("modules"):
        yield from _call_problems(file, symbol)


def _call_problems(file: File, symbol: str) -> Iterator[str]:
    module, where = file.module(symbol), f"{file.name}: module {symbol}"
    given = _plain(file.part("modules")[symbol]["config"])[0].get("params", {})
    yield from (f"{where}: parameter {name!r} is missing" for name in sorted(module.required - set(given)))
    yield from (f"{where}: has no parameter {name!r}" for name in sorted(set(given) - set(module.part("parameters"))))
    for name, value in given.items():
        if set(names(value)) & file.secure and name not in module.secure:
            yield f"{where}: a secret goes into {name!r}, which is not @secure()"
    outputs = set(module.part("outputs"))
    for chain in chains(file.document):
        if chain[:2] == (symbol, "outputs") and chain[2:] and chain[2] not in outputs:
            yield f"{where}: has no output {chain[2]!r}"


def names(value: Any, bound: frozenset[str] = frozenset()) -> Iterator[str]:
    """Every name that an expression mentions, but those that its own loops bind."""
    for chain in chains(value, bound):
        yield chain[0]


def chains(value: Any, bound: frozenset[str] = frozenset()) -> Iterator[tuple[str, ...]]:
    """Every name with the members that are read from it: `a.b.c` is ("a", "b", "c")."""
    if isinstance(value, BicepElement):
        if value not in bound:
            yield (str(value),)
    elif isinstance(value, str):
        for expression in _interpolated(value):
            yield from chains(expression, bound)
    elif isinstance(value, list):
        for item in value:
            yield from chains(item, bound)
    elif isinstance(value, dict):
        if "loop_type" in value:
            detail = value["loop_type"]["detail"]
            yield from chains(detail["array_name"], bound)
            inner = bound | {str(detail[key]) for key in ("item_name", "index_name") if key in detail}
            yield from chains([value["condition"], value["config"]], inner)
        elif (accessor := _accessor(value)) is not None:
            yield from _chains_of(accessor, bound)
        else:
            keys = [key for key in value if "${" in key]
            yield from chains([*keys, *(item for key, item in value.items() if key not in ("func_name", "decorators"))], bound)


def _chains_of(members: list[Any], bound: frozenset[str]) -> Iterator[tuple[str, ...]]:
    base, *rest = members
    if isinstance(base, BicepElement):
        if base not in bound:
            yield (str(base), *(str(m) for m in rest if isinstance(m, str)))
    else:
        yield from chains(base, bound)
    for member in rest:
        if not isinstance(member, str):
            yield from chains(member, bound)


def _accessor(value: dict[str, Any]) -> list[Any] | None:
    """The members of `a.b[c]::d`, from the left; an index as a list of one. None when it is something else."""
    if not _is(value, "operator") or value["operator"]["type"] not in _ACCESSORS:
        return None
    operator = value["operator"]
    kind, operands = operator["type"], operator["operands"]

    def members(operand: Any) -> list[Any]:
        found = _accessor(operand) if isinstance(operand, dict) else None
        return found if found is not None else [operand]

    left = members(operands["operand_1"])
    if kind == "index_accessor":
        return [*left, [operands["operand_2"]]]
    if kind == "function_accessor":
        return [*left, [Unknown(f"{operands['func_name']}()")]]
    right = members(operands["operand_2"])
    return [*left, *right]


def _is(value: Any, kind: str) -> bool:
    """Whether pycep means an operator or function call, and not an object with a property of that name."""
    return isinstance(value, dict) and list(value) == [kind] and isinstance(value[kind], dict) and "type" in value[kind]


@cache
def _parse(expression: str) -> Any:
    return _PARSER.parse(text=f"var it = {expression}\n")["variables"]["it"]["value"]


def _interpolated(text: str) -> list[Any]:
    return [_parse(inner) for inner, _, _ in _holes(text)]


def _holes(text: str) -> Iterator[tuple[str, int, int]]:
    """The expressions of a string with where each `${…}` starts and ends."""
    start = text.find("${")
    while start >= 0:
        depth, quoted, at = 1, False, start + 2
        while depth:
            quoted ^= text[at] == "'"
            depth += 0 if quoted else (text[at] == "{") - (text[at] == "}")
            at += 1
        yield text[start + 2 : at - 1], start, at
        start = text.find("${", at)


def _plain(config: dict[str, Any]) -> tuple[dict[str, Any], Any, dict[str, Any] | None]:
    """The body of a resource or module, its condition (None: always) and its loop."""
    loop = config.get("loop_type")
    condition = config.get("condition")
    if loop or "condition" in config:
        config = config["config"]
    return config, condition, loop


class Scope:
    """One file with values for its parameters. Raises KeyError for a name that is not there."""

    def __init__(self, file: File, parameters: Mapping[str, Any], path: str = "") -> None:
        self.file = file
        self._parameters = parameters
        self._path = path
        self._modules: dict[str, Scope] = {}

    def output(self, name: str) -> Any:
        return self.value(self.file.part("outputs")[name]["value"])

    def variable(self, name: str) -> Any:
        return self.value(BicepElement(name))

    def resources(self) -> Iterator[Resource]:
        """All resources of this file and of its modules that are deployed here; those that exist already are left out."""
        for symbol, resource in self.file.part("resources").items():
            if resource["existing"]:
                continue
            body, condition, _ = _plain(resource["config"])
            for bound in self._rounds(resource["config"]):
                made = self.value({k: v for k, v in body.items() if k != "depends_on"}, bound)
                enabled = condition is None or self.value(condition, bound) is not False
                yield Resource(self.file.name, symbol, resource["type"], resource["api_version"], made, enabled)
        for symbol, module in self.file.part("modules").items():
            _, condition, _ = _plain(module["config"])
            enabled = condition is None or self.value(condition) is not False
            for found in self.module(symbol).resources():
                yield found if enabled else Resource(**{**found.__dict__, "enabled": False})

    def module(self, symbol: str) -> "Scope":
        if symbol not in self._modules:
            body, _, _ = _plain(self.file.part("modules")[symbol]["config"])
            given = {name: self.value(value) for name, value in body.get("params", {}).items()}
            self._modules[symbol] = Scope(self.file.module(symbol), given, f"{symbol}.")
        return self._modules[symbol]

    def _rounds(self, config: dict[str, Any]) -> Iterator[dict[str, Any]]:
        _, _, loop = _plain(config)
        if not loop:
            yield {}
            return
        detail = loop["detail"]
        items = self.value(detail["array_name"])
        for index, item in enumerate(items if isinstance(items, list) else [Unknown(f"each of {items}")]):
            yield {str(detail["item_name"]): item} | ({str(detail["index_name"]): index} if "index_name" in detail else {})

    def value(self, expression: Any, bound: Mapping[str, Any] | None = None) -> Any:
        """What the expression comes to, as far as that can be known."""
        bound = bound or {}
        if isinstance(expression, BicepElement):
            return self._named(str(expression), bound)
        if isinstance(expression, str) and not isinstance(expression, Unknown):
            return self._text(expression, bound)
        if isinstance(expression, list):
            return [self.value(item, bound) for item in expression]
        if not isinstance(expression, dict):
            return expression
        if "loop_type" in expression:
            return [self.value(expression["config"], {**bound, **each}) for each in self._rounds(expression)]
        if _is(expression, "function"):
            return self._call(expression["function"], bound)
        if (members := _accessor(expression)) is not None:
            return self._read(members, bound)
        if _is(expression, "operator"):
            return self._operate(expression["operator"], bound)
        return {self._key(key, bound): self.value(item, bound) for key, item in expression.items()}

    def _key(self, key: str, bound: Mapping[str, Any]) -> str:
        return str(self._text(key.strip("'"), bound))

    def _text(self, text: str, bound: Mapping[str, Any]) -> str:
        made, end, known = "", 0, True
        for inner, start, stop in _holes(text):
            value = self.value(_parse(inner), bound)
            known = known and not isinstance(value, Unknown)
            made, end = made + text[end:start] + str(value), stop
        made += text[end:]
        return made if known else Unknown(made)

    def _named(self, name: str, bound: Mapping[str, Any]) -> Any:
        if name in bound:
            return bound[name]
        if name in self.file.part("parameters"):
            default = self.file.part("parameters")[name]["default"]
            return self._parameters[name] if name in self._parameters else self.value(default)
        if name in self.file.part("variables"):
            return self.value(self.file.part("variables")[name]["value"])
        if name in self.file.part("resources") or name in self.file.part("modules"):
            return Unknown(f"<{self._path}{name}>")
        raise KeyError(f"{self.file.name}: there is no {name!r}")

    def _read(self, members: list[Any], bound: Mapping[str, Any]) -> Any:
        base, *rest = members
        if isinstance(base, BicepElement) and base in self.file.part("modules") and rest[:1] == ["outputs"]:
            value, rest = self.module(str(base)).output(str(rest[1])), rest[2:]
        elif isinstance(base, BicepElement) and base in self.file.part("resources") and rest == ["name"]:
            body, _, _ = _plain(self.file.part("resources")[base]["config"])
            return self.value(body["name"], bound)
        else:
            value = self.value(base, bound)
        for member in rest:
            key = self.value(member[0], bound) if isinstance(member, list) else str(member)
            unknown = isinstance(value, str) or isinstance(key, Unknown)
            value = Unknown(f"{value}.{key}" if isinstance(value, Unknown) else f"<{value}.{key}>") if unknown else value[key]
        return value

    def _operate(self, operator: dict[str, Any], bound: Mapping[str, Any]) -> Any:
        kind, operands = operator["type"], list(operator["operands"].values())
        last = operands[-1]["operator"] if _is(operands[-1], "operator") else {}
        if kind in {*_BINARY, "not"} and last.get("type") == "conditional":
            condition, *cases = last["operands"].values()
            first = {
                "operator": {"type": kind, "operands": {"a": operands[0], "b": condition} if kind != "not" else {"a": condition}}
            }
            kind, operands = "conditional", [first, *cases]
        if kind == "conditional":
            chosen = self.value(operands[0], bound)
            return self.value(operands[2] if chosen is False else operands[1], bound)
        values = [self.value(operand, bound) for operand in operands]
        if any(isinstance(value, Unknown) for value in values):
            return Unknown(f"{kind} of {values}")
        match kind:
            case "not":
                return not values[0]
            case "equals":
                return values[0] == values[1]
            case "not_equals":
                return values[0] != values[1]
            case "and":
                return values[0] and values[1]
            case "or":
                return values[0] or values[1]
            case "coalesce":
                return values[1] if values[0] is None else values[0]
        return Unknown(f"{kind} of {values}")

    def _call(self, function: dict[str, Any], bound: Mapping[str, Any]) -> Any:
        values = [self.value(value, bound) for value in (function.get("parameters") or {}).values() if value is not None]
        return call(function["type"].replace("_", "").lower(), values)


def call(name: str, values: list[Any]) -> Any:
    """One of Bicep's functions; names in lower case. Raises KeyError for a name that is none of them."""
    if name in _FACTS:
        return _FACTS[name]
    function = FUNCTIONS[name]
    if function is None or any(isinstance(value, Unknown) for value in values):
        return Unknown(f"{name}({', '.join(map(str, values))})") if name != "empty" else False
    return function(*values)


_FACTS: dict[str, Any] = {
    "resourcegroup": {"id": Unknown("<group id>"), "name": "the-group", "location": "westeurope"},
    "subscription": {"id": Unknown("<subscription>"), "subscriptionId": "00000000-0000-0000-0000-000000000000"},
    "tenant": {"tenantId": Unknown("<tenant>")},
    "environment": {"suffixes": {"storage": "core.windows.net", "keyvaultDns": ".vault.azure.net"}},
    "uniquestring": "abcdefghijklm",
}
#: None: known, but only Azure works it out.
FUNCTIONS: dict[str, Any] = {
    **dict.fromkeys(("guid", "resourceid", "subscriptionresourceid", "utcnow", "uricomponent", "reference")),
    "concat": lambda *parts: [item for part in parts for item in part] if isinstance(parts[0], list) else "".join(parts),
    "contains": lambda where, what: what in where,
    "empty": lambda value: not value,
    "join": lambda parts, between: between.join(parts),
    "json": lambda text: float(text),
    "replace": lambda text, old, new: text.replace(old, new),
    "take": lambda value, count: value[:count],
    "tolower": lambda text: text.lower(),
    "union": lambda *parts: {key: value for part in parts for key, value in part.items()},
}
