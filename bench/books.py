"""P9: proving what a day changed against proving all rows. `python -m bench books [orders]`.

The scratch orders are not honest in every respect; what breaks is counted on both sides alike.
"""

import json
import sys
import time
from typing import Any

from bench.scratch import BIG, child, databases, peak_mb

TARGET = 1 / 100
# What the history says of an order on its day: placed, released, packed, handed over.
LINES = 4


def main(arguments: list[str]) -> None:
    size = int(arguments[0]) if arguments else BIG
    with databases(size) as urls:
        found = child("bench.books", urls[size], "measure")
    print(f"{size:,} orders; a day touched {found['records']:,} of them")
    for code, (full, changed) in sorted(found["seconds"].items(), key=lambda one: -one[1][0])[:12]:
        print(f"  {code}  all rows {full:8.2f} s   what changed {changed if changed is not None else '-':>8} s")
    ratio = found["changes_s"] / found["full_s"]
    print(f"all rules over all rows {found['full_s']} s, local rules over what changed {found['changes_s']} s")
    facts = {"name": "books", "ratio": round(ratio, 5), "target": TARGET, "ok": ratio <= TARGET, "orders": size}
    print(json.dumps({**facts, **{name: value for name, value in found.items() if name != "seconds"}}))


def measure() -> dict[str, Any]:
    import django

    django.setup()
    from django.conf import settings
    from django.utils import timezone

    from ordermgmt.models import Activity, BooksMark, BooksProof
    from ordermgmt.proofs import check_books
    from ordermgmt.proving_changes import prove_changes
    from orders.models import Order

    settings.DEBUG = False
    now = timezone.now()
    BooksMark.objects.all().delete()
    BooksProof.objects.all().delete()
    prove_changes(now=now)
    numbers = list(
        Order.objects.order_by("-pk").values_list("number", flat=True)[: max(1, Order.objects.count() // 730)]
    )
    lines = [Activity(at=now, actor="B", verb="x", subject=n, thread=n, sentence="x") for n in numbers * LINES]
    Activity.objects.bulk_create(lines, batch_size=2000)
    began = time.perf_counter()
    changes = prove_changes(now=now)
    changed = time.perf_counter() - began
    began = time.perf_counter()
    full = check_books(now=now)
    whole = time.perf_counter() - began
    by_code = {proof.code: proof.seconds for proof in changes}
    seconds = {proof.code: (round(proof.seconds, 2), _rounded(by_code.get(proof.code))) for proof in full}
    return {
        "records": len(numbers), "changes_s": round(changed, 2), "full_s": round(whole, 1), "rules": len(full),
        "local_rules": len(changes), "seconds": seconds, "peak_mb": peak_mb(),
    }  # fmt: skip


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


if __name__ == "__main__":
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ordermgmt.settings")
    print(json.dumps(measure()) if sys.argv[1] == "measure" else "{}")
