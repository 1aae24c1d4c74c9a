"""A renewal run in a process of its own that is killed at a marked point: `python -m orders.tests.crashing AT NTH AS_OF`.

AT names a function of the run and "before" or "after" it; NTH is the call at which the process kills itself with
SIGKILL. AT "never" lets it live.
"""

import importlib
import json
import os
import signal
import sys
from datetime import datetime
from typing import Any

POINTS = (
    "orders.actions.renewing:load_book:before",
    "orders.actions.renewing:write_renewals:before",
    "orders.actions.renewal_writing:write_many:after",
    "orders.actions.renewal_writing:issue_cycle_invoices:after",
    "orders.actions.renewal_writing:_charge:after",
    "orders.actions.renewal_writing:_mark_ordered:after",
    "orders.actions.renewal_writing:_make_next:before",
    "orders.actions.renewal_writing:_tell:after",
    "orders.actions.renewing:_renew_chunk:after",
)


def arm(point: str, nth: int) -> None:
    module_name, name, when = point.split(":")
    module = importlib.import_module(module_name)
    real, calls = getattr(module, name), 0

    def deadly(*args: Any, **more: Any) -> Any:
        nonlocal calls
        calls += 1
        if when == "before" and calls == nth:
            os.kill(os.getpid(), signal.SIGKILL)
        answer = real(*args, **more)
        if when == "after" and calls == nth:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    setattr(module, name, deadly)


def main(point: str, nth: int, as_of: str) -> None:
    import django

    django.setup()
    renewing: Any = importlib.import_module("orders.actions.renewing")
    renewing.CHUNK = int(os.environ.get("DRILL_CHUNK", "10"))
    if point != "never":
        arm(point, nth)
    sys.stdout.write(json.dumps(renewing.renew_due(now=datetime.fromisoformat(as_of)).as_dict()))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
