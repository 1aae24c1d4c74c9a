"""P8: a file of 100,000 items (product, SKU and two prices each) in, against bulk_create of the same rows.

Each measure runs in its own process on a fresh scratch database, so that peak memory is its own.
"""

import csv
import json
import os
import sys
import tempfile
import time
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from bench.scratch import SERVER, child, peak_mb, url_of

TARGET, MEMORY_TARGET = 4.0, 1.2
FEW, MANY = 10_000, 100_000
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
NAME = "bench_imports"


def main(_arguments: list[str]) -> None:
    found = {(way, rows): _measure(way, rows) for rows in (FEW, MANY) for way in ("floor", "import")}
    for (way, rows), facts in found.items():
        print(f"{way:8} {rows:>7,} rows  {facts}")
    floor, ours = found["floor", MANY]["seconds"], found["import", MANY]["apply"]
    memory = round(found["import", MANY]["peak_mb"] / found["import", FEW]["peak_mb"], 3)
    ratio = round(ours / floor, 2)
    whole = round((ours + found["import", MANY]["check"]) / floor, 2)
    print(f"apply is {ratio} x the floor (target {TARGET}); with the preview {whole} x; memory x{memory}")
    print(
        json.dumps(
            {
                "name": "imports",
                "ratio": ratio,
                "target": TARGET,
                "ok": ratio <= TARGET and memory <= MEMORY_TARGET,
                "ratio_with_preview": whole,
                "rows": MANY,
                "rows_per_second": round(MANY / ours),
                "memory_ratio": memory,
                "memory_target": MEMORY_TARGET,
                "peak_mb": found["import", MANY]["peak_mb"],
            }
        )
    )


def _measure(way: str, rows: int) -> dict[str, Any]:
    import psycopg

    with psycopg.connect(SERVER, autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
        server.execute(f"CREATE DATABASE {NAME}")
        try:
            with tempfile.TemporaryDirectory() as folder:
                return child("bench.imports", url_of(NAME), way, str(rows), MEDIA_ROOT=folder)
        finally:
            server.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")


# In the child ------------------------------------------------------------------------------------
def _barcode(number: int) -> str:
    from inventory.codes import check_digit

    body = f"73500{number:07d}"
    return body + check_digit(body)


def _floor(rows: int) -> dict[str, float]:
    """The same rows with one bulk_create per table and a transaction per thousand."""
    from django.db import transaction

    from inventory.models import Product, Sku, SkuPrice

    barcodes = [_barcode(number) for number in range(rows)]
    began = time.perf_counter()
    for first in range(0, rows, 1000):
        with transaction.atomic():
            numbers = range(first, min(first + 1000, rows))
            products = Product.objects.bulk_create(
                Product(code=f"ITEM-{n}", name=f"Item {n}", brand="Own", created_at=NOW) for n in numbers
            )
            skus = Sku.objects.bulk_create(
                Sku(
                    code=f"ITEM-{n}",
                    name=f"Item {n}",
                    product=product,
                    barcode=barcodes[n],
                    weight_g=250,
                    created_at=NOW,
                )
                for n, product in zip(numbers, products, strict=True)
            )
            SkuPrice.objects.bulk_create(
                SkuPrice(sku=sku, currency=currency, amount=amount)
                for sku in skus
                for currency, amount in (("EUR", Decimal("4.90")), ("SEK", Decimal("54.00")))
            )
    return {"seconds": round(time.perf_counter() - began, 2)}


def _import(rows: int) -> dict[str, float]:
    """Upload, check and apply with the code of the portal."""
    from django.core.files import File
    from django.core.files.uploadedfile import TemporaryUploadedFile

    from inventory.models import Sku
    from ordermgmt.importing.runs import apply_run, take_file
    from ordermgmt.jobs import run_now
    from ordermgmt.models import ImportState, User

    user = User.objects.create_user("bench@example.com", name="Bench")
    with TemporaryUploadedFile("items.csv", "text/csv", 0, None) as upload:
        _write(upload.temporary_file_path(), rows)
        upload.size = Path(upload.temporary_file_path()).stat().st_size
        run = take_file(kind="items", file=upload, by=user, now=NOW)
        assert isinstance(run.file, File)
    check = _timed(lambda: run_now("imports", as_of=NOW))
    run.refresh_from_db()
    assert (run.state, run.to_create) == (ImportState.CHECKED, rows), run.error
    apply_run(run=run, by=user, now=NOW)
    apply = _timed(lambda: run_now("imports", as_of=NOW))
    assert Sku.objects.count() == rows
    return {"check": check, "apply": apply, "peak_mb": peak_mb()}


def _timed(work: Any) -> float:
    began = time.perf_counter()
    work()
    return round(time.perf_counter() - began, 2)


def _write(path: str, rows: int) -> None:
    with Path(path).open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["SKU", "Name", "Brand", "GTIN", "Weight g", "Price EUR", "Price SEK"])
        for number in range(rows):
            writer.writerow([f"ITEM-{number}", f"Item {number}", "Own", _barcode(number), 250, "4.90", "54.00"])


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ordermgmt.settings")
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    settings.DEBUG = False
    call_command("migrate", verbosity=0)
    print(json.dumps({"floor": _floor, "import": _import}[sys.argv[1]](int(sys.argv[2]))))
