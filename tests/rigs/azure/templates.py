"""Evaluates an ARM template as far as our job template goes; anything else is refused as Azure refuses what it cannot read."""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

_CALL = re.compile(r"(?P<name>[A-Za-z]+)\((?P<arguments>.*)\)(?P<property>\.[A-Za-z]+)?")


class TemplateError(Exception):
    """Azure would answer InvalidTemplate."""


@dataclass(frozen=True)
class Scope:
    """Where a template is deployed. `keys`: what listKeys gives for a resource id."""

    subscription: str
    group: str
    keys: Callable[[str], Mapping[str, str]]
    location: str = "westeurope"

    @property
    def id(self) -> str:
        return f"/subscriptions/{self.subscription}/resourceGroups/{self.group}"


def resources(template: Mapping[str, Any], given: Mapping[str, Any], scope: Scope) -> list[dict[str, Any]]:
    """The template's resources with every expression evaluated. Raises TemplateError."""
    declared = template.get("parameters", {})
    if unknown := set(given) - set(declared):
        raise TemplateError(f"The template parameters '{', '.join(sorted(unknown))}' are not valid; they are not present.")
    parameters: dict[str, Any] = {}
    for name, parameter in declared.items():
        if name in given:
            parameters[name] = given[name]["value"]
        elif "defaultValue" in parameter:
            parameters[name] = evaluate(parameter["defaultValue"], parameters, scope)
        else:
            raise TemplateError(f"The value for the template parameter '{name}' is not provided.")
    return [evaluate(resource, parameters, scope) for resource in template["resources"]]


def evaluate(value: Any, parameters: Mapping[str, Any], scope: Scope) -> Any:
    """A value with its expressions replaced. A text `[…]` is an expression, `[[…` the text `[…`, anything else itself."""
    if isinstance(value, dict):
        return {evaluate(k, parameters, scope): evaluate(v, parameters, scope) for k, v in value.items()}
    if isinstance(value, list):
        return [evaluate(item, parameters, scope) for item in value]
    if not isinstance(value, str) or not (value.startswith("[") and value.endswith("]")):
        return value
    if value.startswith("[["):
        return value[1:]
    return _expression(value[1:-1].strip(), parameters, scope)


def _expression(text: str, parameters: Mapping[str, Any], scope: Scope) -> Any:
    if re.fullmatch(r"'[^']*'", text):
        return text[1:-1]
    if text == "resourceGroup().location":
        return scope.location
    if text == "resourceGroup().id":
        return scope.id
    call = _CALL.fullmatch(text)
    if call is None:
        raise TemplateError(f"The template language expression '{text}' is not valid.")
    name, found = call["name"], call["property"]
    arguments = [_expression(part, parameters, scope) for part in _split(call["arguments"])]
    if name == "parameters" and len(arguments) == 1 and arguments[0] in parameters:
        return parameters[arguments[0]]
    if name == "uniqueString":
        return hashlib.sha256("".join(arguments).encode()).hexdigest()[:13]
    if name == "listKeys" and found:
        return scope.keys(arguments[0])[found[1:]]
    if name == "reference" and found:
        return scope.keys(arguments[0])[found[1:]]
    raise TemplateError(f"The template function '{name}' is not valid here: '{text}'.")


def _split(arguments: str) -> list[str]:
    """The arguments of a call; commas inside calls and texts do not count."""
    parts, depth, quoted, start = [], 0, False, 0
    for index, letter in enumerate(arguments):
        quoted ^= letter == "'"
        depth += 0 if quoted else (letter == "(") - (letter == ")")
        if letter == "," and not depth and not quoted:
            parts.append(arguments[start:index].strip())
            start = index + 1
    return [*parts, last] if (last := arguments[start:].strip()) else parts
