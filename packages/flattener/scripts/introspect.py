#!/usr/bin/env python3
"""Write down what an installed pykickstart knows of its releases, as JSON for command-table.ts.

    python3 packages/flattener/scripts/introspect.py F34 F35 ... RHEL10 > introspection.json
"""
import inspect
import json
import re
import sys

import pykickstart
from pykickstart.base import BaseData, DeprecatedCommand, RemovedCommand
from pykickstart.parser import KickstartParser
from pykickstart.version import makeVersion, versionToString

LIST_ACTIONS = {"_AppendAction": "append", "_AppendConstAction": "append_const"}
ACTIONS = {
    "_StoreAction": "store",
    "_StoreTrueAction": "store_true",
    "_StoreFalseAction": "store_false",
    "_StoreConstAction": "store_const",
    **LIST_ACTIONS,
}
SECTIONS = ("%packages", "%pre", "%pre-install", "%post", "%onerror", "%traceback", "%certificate")


def plain(value):
    """A value that JSON has; functions and sentinels become None."""
    if isinstance(value, (str, int, float, bool, type(None))):
        return value
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return None


def option(action):
    name = type(action).__name__
    known = ACTIONS.get(name, name)
    takes_value = known in ("store", "append") or known.startswith("Extend") and "Const" not in known
    kind = "flag" if not takes_value else "string" if action.type in (None, str) else action.type.__name__
    entry = {
        "flags": list(action.option_strings),
        "dest": action.dest,
        "action": known,
        "type": kind,
        "required": bool(action.required),
        "default": plain(action.default),
    }
    if action.const is not None and not isinstance(action.const, bool):
        entry["const"] = plain(action.const)
    if action.choices:
        entry["choices"] = list(action.choices)
    if action.nargs not in (None, 0):
        entry["nargs"] = action.nargs
    if not action.option_strings:
        entry["positional"] = True
    if getattr(action, "deprecated", False):
        entry["deprecated"] = versionToString(action.deprecated)
    return entry


def headers(command):
    """The comments that a class or its parents print above a command."""
    found = []
    for parent in type(command).__mro__:
        for method in ("__str__", "_getArgsAsStr"):
            function = parent.__dict__.get(method)
            if not inspect.isfunction(function) or parent.__module__.split(".")[1] != "commands":
                continue
            for text in (c for c in function.__code__.co_consts if isinstance(c, str)):
                found += [line for line in re.findall(r"^(# ?[^\n%]+?)$", text, re.M) if line not in found]
    return found


def command(handler):
    data = None
    accumulates = False
    try:
        data = handler.dataClass
        accumulates = handler.dataList() is not None
    except Exception:  # a proxy without data of its own
        pass
    removed = isinstance(handler, RemovedCommand)
    deprecated = isinstance(handler, DeprecatedCommand) and not removed
    parser = getattr(handler, "op", None)
    entry = {
        "class": type(handler).__name__,
        "module": type(handler).__module__.rsplit(".", 1)[-1],
        "removed": removed,
        "deprecated": deprecated,
        "writePriority": handler.writePriority,
        "accumulates": accumulates and inspect.isclass(data) and issubclass(data, BaseData),
        "parseMode": "parse_args",
        "options": [option(action) for action in parser._actions] if parser is not None else None,
    }
    if getattr(handler, "conflictingCommands", None):
        entry["conflictsWith"] = list(handler.conflictingCommands)
    if not removed and not deprecated and headers(handler):
        entry["commentHeaders"] = headers(handler)
    return entry


def release(version):
    handler = makeVersion(version)
    parser = KickstartParser(handler)
    sections = {name: [option(action) for action in parser.getSection(name)._getParser()._actions] for name in SECTIONS}
    return {
        "commands": {name: command(handler.commands[name]) for name in sorted(handler.commands)},
        "sections": sections,
    }


versions = {version: release(version) for version in sys.argv[1:]}
json.dump({"pykickstart": pykickstart.__version__, "versions": versions}, sys.stdout, indent=1)
