"""Holds resources against the models of Azure's own SDK: properties, types, enum values, and what is required.

Two generations of generated models are read: those with `_attribute_map` (flattened keys such as "properties.osType"), and
those with `rest_field`s. Both become a Shape.
"""

import importlib
import inspect
import re
import sys
import typing
from collections.abc import Iterator, MutableMapping, MutableSequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

from tests.infra.bicep import Resource, Unknown

#: Resource type → package below azure.mgmt, and the model of what is sent to create it.
MODELS = {
    "Microsoft.App/containerApps": ("appcontainers", "ContainerApp"),
    "Microsoft.App/jobs": ("appcontainers", "Job"),
    "Microsoft.App/managedEnvironments": ("appcontainers", "ManagedEnvironment"),
    "Microsoft.Authorization/roleAssignments": ("authorization", "RoleAssignmentCreateParameters"),
    "Microsoft.Authorization/roleDefinitions": ("authorization", "RoleDefinition"),
    "Microsoft.Consumption/budgets": ("consumption", "Budget"),
    "Microsoft.ContainerInstance/containerGroups": ("containerinstance", "ContainerGroup"),
    "Microsoft.ContainerRegistry/registries": ("containerregistry", "Registry"),
    "Microsoft.DBforPostgreSQL/flexibleServers": ("postgresqlflexibleservers", "Server"),
    "Microsoft.DBforPostgreSQL/flexibleServers/administrators": ("postgresqlflexibleservers", "AdministratorMicrosoftEntraAdd"),
    "Microsoft.DBforPostgreSQL/flexibleServers/configurations": ("postgresqlflexibleservers", "ConfigurationForUpdate"),
    "Microsoft.DBforPostgreSQL/flexibleServers/databases": ("postgresqlflexibleservers", "Database"),
    "Microsoft.Databricks/accessConnectors": ("databricks", "AccessConnector"),
    "Microsoft.Databricks/workspaces": ("databricks", "Workspace"),
    "Microsoft.EventGrid/systemTopics": ("eventgrid", "SystemTopic"),
    "Microsoft.EventGrid/systemTopics/eventSubscriptions": ("eventgrid", "EventSubscription"),
    "Microsoft.Insights/actionGroups": ("monitor", "ActionGroupResource"),
    "Microsoft.Insights/metricAlerts": ("monitor", "MetricAlertResource"),
    "Microsoft.Insights/scheduledQueryRules": ("monitor", "ScheduledQueryRuleResource"),
    "Microsoft.KeyVault/vaults": ("keyvault", "VaultCreateOrUpdateParameters"),
    "Microsoft.KeyVault/vaults/secrets": ("keyvault", "SecretCreateOrUpdateParameters"),
    "Microsoft.ManagedIdentity/userAssignedIdentities": ("msi", "Identity"),
    "Microsoft.Network/natGateways": ("network", "NatGateway"),
    "Microsoft.Network/networkSecurityGroups": ("network", "NetworkSecurityGroup"),
    "Microsoft.Network/privateDnsZones": ("privatedns", "PrivateZone"),
    "Microsoft.Network/privateDnsZones/A": ("privatedns", "RecordSet"),
    "Microsoft.Network/privateDnsZones/virtualNetworkLinks": ("privatedns", "VirtualNetworkLink"),
    "Microsoft.Network/publicIPAddresses": ("network", "PublicIPAddress"),
    "Microsoft.Network/virtualNetworks": ("network", "VirtualNetwork"),
    "Microsoft.OperationalInsights/workspaces": ("loganalytics", "Workspace"),
    "Microsoft.Storage/storageAccounts": ("storage", "StorageAccountCreateParameters"),
    "Microsoft.Storage/storageAccounts/blobServices": ("storage", "BlobServiceProperties"),
    "Microsoft.Storage/storageAccounts/blobServices/containers": ("storage", "BlobContainer"),
    "Microsoft.Storage/storageAccounts/managementPolicies": ("storage", "ManagementPolicy"),
    "Microsoft.Storage/storageAccounts/queueServices": ("storage", "QueueServiceProperties"),
    "Microsoft.Storage/storageAccounts/queueServices/queues": ("storage", "StorageQueue"),
}
#: Bicep's own, and what stands in the URL.
_STRUCTURE = {"name", "parent", "scope", "dependsOn"}
#: What JSON has for a type of Python.
_JSON: dict[type, tuple[type, ...]] = {
    bool: (bool,), int: (int,), float: (int, float), Decimal: (int, float), str: (str,), datetime: (str,), timedelta: (str,),
    dict: (dict,), list: (list,),
}  # fmt: skip


@dataclass
class Property:
    """`kind`: a model, an enum, ("list", kind), ("dict", kind), a type of Python, a Shape, or None for anything."""

    kind: Any
    required: bool = False
    readonly: bool = False


@dataclass
class Shape:
    name: str
    properties: dict[str, Property] = field(default_factory=dict)


#: Resources that no package of Azure's SDK has a model of: as Microsoft's template reference describes them.
_LOG = Shape("LogSettings", {"categoryGroup": Property(str), "category": Property(str), "enabled": Property(bool, required=True)})
_DIAGNOSTICS = Shape("DiagnosticSettings", {"workspaceId": Property(str), "logs": Property(("list", _LOG))})
BY_HAND = {
    "Microsoft.Insights/diagnosticSettings": Shape(
        "DiagnosticSettingsResource", {"properties": Property(_DIAGNOSTICS, required=True)}
    )
}


def api_version(package: str) -> str:
    """The API that a package's models speak; empty when it holds several."""
    folder = Path(importlib.import_module(f"azure.mgmt.{package}").__file__ or "").parent
    found = re.findall(r'api_version.*?"(\d{4}-\d\d-\d\d)"', (folder / "_configuration.py").read_text())
    return found[-1] if found else ""


def problems(resource: Resource) -> Iterator[str]:
    """What Azure would refuse in a resource, as far as its models tell."""
    model = BY_HAND.get(resource.type)
    if model is None and resource.type not in MODELS:
        yield f"{resource.where}: nothing is known of {resource.type}"
        return
    if model is None:
        package, name = MODELS[resource.type]
        model = getattr(importlib.import_module(f"azure.mgmt.{package}.models"), name)
    body = {key: value for key, value in resource.body.items() if key not in _STRUCTURE}
    for problem in _object(model, body, ""):
        yield f"{resource.where}{problem}"


def _object(kind: Any, body: Any, path: str) -> Iterator[str]:
    if isinstance(body, Unknown):
        return
    if not isinstance(body, dict):
        yield f"{path}: {body!r} should be an object"
        return
    kind, wrong = (kind, None) if isinstance(kind, Shape) else _subtype(kind, body)
    if wrong:
        yield f"{path}/{wrong}"
        return
    shape = kind if isinstance(kind, Shape) else shape_of(kind)
    for name, value in body.items():
        known = shape.properties.get(name)
        if known is None:
            yield f"{path}/{name}: not a property of {shape.name}"
        elif known.readonly:
            yield f"{path}/{name}: only Azure sets this"
        else:
            yield from _value(known.kind, value, f"{path}/{name}")
    for name, known in shape.properties.items():
        if known.required and not known.readonly and name not in body:
            yield f"{path}/{name}: required by {shape.name}"


def _value(kind: Any, value: Any, path: str) -> Iterator[str]:
    if value is None or kind is None or isinstance(value, Unknown):
        return
    if isinstance(kind, tuple):
        if not isinstance(value, list if kind[0] == "list" else dict):
            yield f"{path}: {value!r} should be a {kind[0]}"
            return
        pairs = enumerate(value) if kind[0] == "list" else value.items()
        for key, item in pairs:
            yield from _value(kind[1], item, f"{path}/{key}")
    elif isinstance(kind, type) and issubclass(kind, Enum):
        allowed = [member.value for member in kind]
        if value not in allowed:
            yield f"{path}: {value!r} is none of {', '.join(map(str, allowed))}"
    elif isinstance(kind, type) and kind in _JSON:
        if not isinstance(value, _JSON[kind]) or (isinstance(value, bool) and kind is not bool):
            yield f"{path}: {value!r} should be a {kind.__name__}"
    else:
        yield from _object(kind, value, path)


def _subtype(model: Any, body: dict[str, Any]) -> tuple[Any, str | None]:
    """The model for this value of its discriminator; or what is wrong with that."""
    if hasattr(model, "_attribute_map"):
        for attribute, table in model.__dict__.get("_subtype_map", {}).items():
            key = _key(model._attribute_map[attribute]["key"])[0]
            if body.get(key) not in table:
                return model, f"{key}: {body.get(key)!r} is none of {', '.join(table)}"
            return _subtype(getattr(_package(model), table[body[key]]), body)
        return model, None
    shape_of(model)
    key = next((f._rest_name for f in model._attr_to_rest_field.values() if f._is_discriminator), None)
    table = model.__dict__.get("__mapping__", {})
    if key and table:
        if body.get(key) not in table:
            return model, f"{key}: {body.get(key)!r} is none of {', '.join(map(str, table))}"
        return table[body[key]], None
    return model, None


@cache
def shape_of(model: Any) -> Shape:
    return _flat(model) if hasattr(model, "_attribute_map") else _nested(model)


def _nested(model: Any) -> Shape:
    model.__new__(model)  # its fields get their names on the first use
    hints = _hints(model, inspect.get_annotations)
    shape = Shape(model.__name__)
    for attribute, rest in model._attr_to_rest_field.items():
        kind, optional = _unwrap(hints.get(attribute))
        shape.properties[rest._rest_name] = Property(kind, not optional, rest._visibility == ["read"])
    return shape


def _flat(model: Any) -> Shape:
    """`properties.osType` becomes a Shape inside a Shape."""
    hints = _hints(model, lambda c: inspect.get_annotations(c.__init__))
    top = Shape(model.__name__)
    for attribute, mapped in model._attribute_map.items():
        *outer, last = _key(mapped["key"])
        shape = top
        for part in outer:
            shape = shape.properties.setdefault(part, Property(Shape(f"{shape.name}.{part}"))).kind
        rules = model._validation.get(attribute, {})
        kind, _ = _unwrap(hints[attribute]) if attribute in hints else (_serialized(model, mapped["type"]), True)
        shape.properties[last] = Property(kind, rules.get("required", False), rules.get("readonly", False))
        if rules.get("required"):
            for part in outer:
                top.properties[part].required = True
    return top


def _key(key: str) -> list[str]:
    """`properties.@odata\\.type` → ["properties", "@odata.type"]."""
    return [part.replace("\0", ".") for part in key.replace("\\.", "\0").split(".")]


def _package(model: Any) -> Any:
    return sys.modules[model.__module__.rpartition(".")[0]]


def _serialized(model: Any, text: str) -> Any:
    """A type as `_attribute_map` writes it: "[Thing]", "{str}", "iso-8601"."""
    if text[0] in "[{":
        return ("list" if text[0] == "[" else "dict", _serialized(model, text[1:-1]))
    plain = {"str": str, "int": int, "long": int, "float": float, "bool": bool, "iso-8601": str, "duration": str}
    return plain.get(text, getattr(_package(model), text, None))


def _hints(model: Any, annotations: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for base in reversed(model.__mro__[:-1]):
        module = sys.modules[base.__module__]
        scope = {**vars(typing), **vars(module), "_models": _package(model), "_types": None, "JSON": Any}
        for name, hint in annotations(base).items():
            try:
                found[name] = _evaluate(hint, scope)
            except (NameError, AttributeError):  # a type of no model
                found[name] = None
    return found


def _evaluate(hint: Any, scope: dict[str, Any]) -> Any:
    if isinstance(hint, typing.ForwardRef):
        hint = hint.__forward_arg__
    if isinstance(hint, str):
        return _evaluate(eval(hint, scope), scope)
    if args := typing.get_args(hint):
        made = tuple(_evaluate(arg, scope) for arg in args)
        origin = typing.get_origin(hint)
        return typing.Union[made] if origin is typing.Union else origin[made]  # noqa: UP007 -- of parts
    return hint


def _unwrap(hint: Any) -> tuple[Any, bool]:
    """The kind of a hint, and whether it may be left out."""
    args = typing.get_args(hint)
    origin = typing.get_origin(hint)
    if origin is typing.Union:
        optional = type(None) in args
        kinds = [a for a in args if a is not type(None)]
        enums = [a for a in kinds if isinstance(a, type) and issubclass(a, Enum)]
        return (_unwrap(enums[0] if enums else kinds[0])[0] if enums or len(kinds) == 1 else None), optional
    if origin in (list, MutableSequence):
        return ("list", _unwrap(args[0])[0]), False
    if origin in (dict, MutableMapping):
        return ("dict", _unwrap(args[1])[0]), False
    if hint in (Any, None, object) or not isinstance(hint, type):
        return None, hint in (Any, None)
    return hint, False
