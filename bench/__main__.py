"""`python -m bench NAME [options]`: run one benchmark (capture, allocation, list, search, slips, invoices, imports, kpis, pages, renewals, year, workflow, books)."""

import importlib
import sys
from pathlib import Path


def main() -> int:
    known = sorted(
        path.stem
        for path in Path(__file__).parent.glob("[a-z]*.py")
        if path.stem not in {"scratch", "measuring", "site"}
    )
    if len(sys.argv) < 2 or sys.argv[1] not in known:
        print(f"usage: python -m bench NAME   (one of: {', '.join(known)})")
        return 2
    importlib.import_module(f"bench.{sys.argv[1]}").main(sys.argv[2:])
    return 0


sys.exit(main())
