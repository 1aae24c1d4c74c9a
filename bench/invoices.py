"""P7: invoices as PDF: many in one child process against one child each, one document each way, and over two processes."""

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from ordermgmt.typesetting import Paper, typeset_apart, typeset_many_apart

COUNT = int(os.environ.get("BENCH_INVOICES", "200"))
AT_ONCE = 10
TARGET, TARGET_TWO = 0.5, 1.7


def paper_of(n: int) -> Paper:
    """An invoice of three lines at two rates, as the builder hands it to the template."""
    from django.conf import settings

    from ordermgmt.printing import paper

    number, sums = f"INV-2026-{n:05d}", SimpleNamespace(lines=Decimal(90), net=Decimal(95), gross=Decimal(110))
    to = {
        "name": f"Maria Lindqvist {n}",
        "line1": f"Storgatan {n}",
        "postcode": "211 42",
        "city": "Malmö",
        "country": "SE",
    }
    invoice = SimpleNamespace(
        number=number, currency="EUR", buyer=to | {"number": "C-20001"}, deliver_to=to, cause=f"SH-{n}",
        issued_on=date(2026, 11, 23), due_on=date(2026, 12, 7), issued_at=datetime(2026, 11, 23, tzinfo=UTC),
        subscription=None, replaces=None,
    )  # fmt: skip
    names = ("Oat drink 1 l", "Coffee beans 1 kg", "Cardamom buns")
    lines = [
        {"description": name, "code": name[:6].upper(), "quantity": 3, "unit_net": "€10.00", "rate": "12 %", "net": 30}
        for name in names
    ]
    rates = [{"percent": p, "net": Decimal(45), "tax": Decimal("7.50")} for p in ("12 %", "25 %")]
    charge = SimpleNamespace(description="Delivery", net=Decimal(5))
    facts: dict[str, Any] = {
        "invoice": invoice, "order": SimpleNamespace(number=f"SO-{n}", external_number=""), "seller": dict(settings.SHOP),
        "phone_words": "+46 40 12 34 56", "shows_delivery": False, "lines": lines, "charges": [charge], "sums": sums,
        "rates": rates, "tax_note": "", "paid": Decimal(0), "minus_paid": Decimal(0), "credited": Decimal(0),
        "minus_credited": Decimal(0), "to_pay": Decimal(110), "is_shipment": True,
    }  # fmt: skip
    return paper("invoice", facts, style="invoice", language="en-gb")


def one_by_one(papers: list[Paper]) -> float:
    """A child for each."""
    start = time.perf_counter()
    for each in papers:
        typeset_apart(each)
    return time.perf_counter() - start


def together(papers: list[Paper]) -> float:
    """A child for each ten, as the job does."""
    start = time.perf_counter()
    for at in range(0, len(papers), AT_ONCE):
        if b"" in typeset_many_apart(papers[at : at + AT_ONCE]):
            raise RuntimeError("A document was not made")
    return time.perf_counter() - start


def main(arguments: list[str]) -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ordermgmt.settings")
    django.setup()
    papers = [paper_of(n) for n in range(COUNT)]
    together(papers[:AT_ONCE])
    alone = one_by_one(papers[: COUNT // 10]) / (COUNT // 10)
    one = together(papers)
    with ThreadPoolExecutor(2) as pool:
        start = time.perf_counter()
        list(pool.map(together, (papers[: COUNT // 2], papers[COUNT // 2 :])))
        two = time.perf_counter() - start
    ratio, speed_up = one / COUNT / alone, one / two
    load = os.getloadavg()[0]
    print(f"one by one                {alone * 1000:8.1f} ms each")
    print(f"{AT_ONCE} in one child           {one / COUNT * 1000:8.1f} ms each   {ratio:.2f} (target {TARGET})")
    print(f"two processes             {two / COUNT * 1000:8.1f} ms each   {speed_up:.2f} × one (target {TARGET_TWO})")
    print(
        json.dumps(
            {
                "name": "invoices",
                "ratio": round(ratio, 3),
                "target": TARGET,
                "two_processes": round(speed_up, 2),
                "target_two": TARGET_TWO,
                "ok": ratio <= TARGET and speed_up >= TARGET_TWO,
                "load": round(load, 1),
            }
        )
    )
