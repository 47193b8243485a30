"""Flatten kickstarts with the pykickstart that is installed: JSON lines in, JSON lines out.

In: {"version": "F44", "text": "..."}. Out: {"accepted": true, "text": "..."} or {"accepted": false, "message": "..."}.
"""
import json
import sys
import warnings

from pykickstart.parser import KickstartParser
from pykickstart.version import makeVersion

warnings.simplefilter("ignore")
for line in sys.stdin:
    case = json.loads(line)
    handler = makeVersion(case["version"])
    try:
        KickstartParser(handler).readKickstartFromString(case["text"])
        answer = {"accepted": True, "text": str(handler)}
    except Exception as error:
        answer = {"accepted": False, "message": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer))
