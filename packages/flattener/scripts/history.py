#!/usr/bin/env python3
"""Write down since when, and until when, commands and options exist: what hints about unknown ones are made of.

    python3 packages/flattener/scripts/history.py > packages/flattener/src/commands/history.json
    pnpm oxfmt packages/flattener/src/commands/history.json

Of each family of releases (F, RHEL) the first and the last that has it, and the first that takes it without effect.
Only what at least one release of the command table lacks, or takes without effect, is written.
"""
import json
import re
import sys
import warnings

from pykickstart.base import DeprecatedCommand, RemovedCommand
from pykickstart.parser import KickstartParser
from pykickstart.version import makeVersion, versionMap

FROM = {"F": 34, "RHEL": 8}
SECTIONS = ("%packages", "%pre", "%pre-install", "%post", "%onerror", "%traceback", "%certificate")
warnings.simplefilter("ignore")

releases = {"F": [], "RHEL": []}
for name in versionMap:
    match = re.fullmatch(r"(F|RHEL)C?(\d+)", name)
    if match:
        releases[match[1]].append((int(match[2]), name))


def note(table, key, family, number, works):
    entry = table.setdefault(key, {}).setdefault(family, {"has": [], "idle": []})
    entry["has"].append(number)
    if not works:
        entry["idle"].append(number)


commands, options = {}, {}
for family, versions in releases.items():
    for number, name in sorted(versions):
        handler = makeVersion(name)
        for command, known in handler.commands.items():
            if isinstance(known, RemovedCommand):
                continue
            note(commands, command, family, number, not isinstance(known, DeprecatedCommand))
            for action in getattr(getattr(known, "op", None), "_actions", []):
                for flag in action.option_strings:
                    key = (command, flag)
                    note(options, key, family, number, not getattr(action, "deprecated", False))
        parser = KickstartParser(handler)
        for section in SECTIONS:
            for action in parser.getSection(section)._getParser()._actions:
                for flag in action.option_strings:
                    note(options, (section, flag), family, number, not getattr(action, "deprecated", False))


def span(entry):
    """Of each family [first, last or null, first without effect or null]; None when there is nothing to say."""
    spans, is_constant = {}, True
    for family, versions in releases.items():
        newest = max(number for number, _ in versions)
        numbers = [number for number, _ in versions if number >= FROM[family]]
        found = entry.get(family)
        if found is None:
            is_constant = False
            continue
        has, idle = found["has"], found["idle"]
        last = None if has[-1] == newest else has[-1]
        spans[family] = [has[0], last, idle[0] if idle else None]
        is_constant &= all(number in has for number in numbers) and not idle
    return None if is_constant else spans


written = {}
for command in sorted(set(commands) | {command for command, _ in options}):
    own = span(commands[command]) if command in commands else None
    flags = {}
    for (of, flag), entry in sorted(options.items()):
        found = span(entry) if of == command else None
        # An option goes where its command goes: that is said of the command.
        if found is not None and found != own:
            flags[flag] = found
    if own is not None or flags:
        written[command] = {**({"command": own} if own is not None else {}), **({"options": flags} if flags else {})}
json.dump(written, sys.stdout, indent=1)
