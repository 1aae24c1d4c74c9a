"""P7: packing slips for 500 orders in one document against one alone, two processes against one, memory by splitting."""

import json
import os
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

from bench.scratch import peak_mb
from ordermgmt.barcodes import code128, qr
from ordermgmt.codes import ORDER, printed
from ordermgmt.printing import paper
from ordermgmt.typesetting import typeset

SLIPS = int(os.environ.get("BENCH_SLIPS", "500"))
PART = min(100, SLIPS // 2)
TARGET, TARGET_TWO = 0.5, 1.7
PACKED = datetime(2026, 11, 20, 13, tzinfo=UTC)


def slip(n: int) -> dict[str, Any]:
    """A slip of three lines with lot, a split and an address, as the builder hands it to the template."""
    order = SimpleNamespace(number=f"SO-{100_000 + n}", placed_at=PACKED)
    shipment = SimpleNamespace(
        number=f"SH-{70_000 + n}", packed_at=PACKED, carrier=SimpleNamespace(name="Nordic Parcel"), service="Standard"
    )
    to = {
        "name": f"Maria Lindqvist {n}",
        "line1": f"Storgatan {n}",
        "postcode": "211 42",
        "city": "Malmö",
        "country": "SE",
    }
    lines = [
        {
            "name": name,
            "code": code,
            "ordered": 4,
            "here": 3,
            "elsewhere": ["1 to come"],
            "lots": ["Lot L1, best before 14 Aug 2027"],
        }
        for name, code in [("Oat drink 1 l", "OAT-1L"), ("Coffee beans 1 kg", "COF-1KG"), ("Cardamom buns", "BUN-6")]
    ]
    return {
        "order": order,
        "shipment": shipment,
        "to": to,
        "lines": lines,
        "position": 1,
        "count": 1,
        "to_come": [{"name": "Oat drink 1 l", "units": 1}],
        "to_come_on": date(2026, 11, 27),
        "url": "x",
        "tracking": f"NP{n:08d}5SE",
        "weight": "1.24 kg",
        "sscc": "(00) 0 7350012 000000001 1",
        "returns_to": "Malmö",
    }


def typeset_slips(first: int, count: int) -> int:
    """Bytes of one document of `count` slips: template, barcodes and layout."""
    slips = [slip(n) for n in range(first, first + count)]
    pictures = {}
    for made in slips:
        number = made["order"].number
        pictures[f"order-{number}"] = code128(printed(ORDER, number), room_mm=88)
        pictures[f"qr-{number}"] = qr(f"https://portal.example/o/{number}-{'x' * 24}/")
    return len(typeset(paper("packing_slip", {"slips": slips, "title": "bench"}, style="slip", pictures=pictures)))


def measure(kind: str, first: int) -> dict[str, Any]:
    """In a process of its own, so that its peak memory is its own."""
    for warm in range(3):
        typeset_slips(warm, 1)
    if kind == "alone":
        times = [_timed(n, 1) for n in range(30)]
        return {"seconds": statistics.median(times), "peak_mb": peak_mb()}
    size = {"whole": SLIPS, "parts": PART, "half": PART}[kind]
    count = SLIPS // 2 if kind == "half" else SLIPS
    return {"seconds": sum(_timed(first + n, size) for n in range(0, count - count % size, size)), "peak_mb": peak_mb()}


def _timed(first: int, count: int) -> float:
    start = time.perf_counter()
    typeset_slips(first, count)
    return time.perf_counter() - start


def run(kind: str, first: int = 0) -> dict[str, Any]:
    env = {**os.environ, "DEBUG": "1", "LOG_LEVEL": "ERROR"}
    command = [sys.executable, "-m", "bench.slips", kind, str(first)]
    done = subprocess.run(command, env=env, stdout=subprocess.PIPE, text=True, check=True)
    answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return answer


def at_once() -> float:
    """Rate of two processes with parts of 50 each, against one doing the same, measured in the same run."""
    one = run("half")["seconds"] * 2
    with ThreadPoolExecutor(2) as pool:
        two = max(answer["seconds"] for answer in pool.map(lambda first: run("half", first), (0, SLIPS)))
    return float(one / two)


def main(arguments: list[str]) -> None:
    alone, whole, parts = run("alone"), run("whole"), run("parts")
    speed_up = at_once()
    per_slip = whole["seconds"] / SLIPS
    per_split = parts["seconds"] / SLIPS
    ratio = per_slip / alone["seconds"]
    print(f"one slip alone, warm          {alone['seconds'] * 1000:8.1f} ms   peak {alone['peak_mb']} MB")
    print(f"per slip, one document of {SLIPS} {per_slip * 1000:8.1f} ms   peak {whole['peak_mb']} MB")
    print(f"per slip, documents of {PART}    {per_split * 1000:8.1f} ms   peak {parts['peak_mb']} MB")
    print(
        f"ratio {ratio:.2f} (target {TARGET}), split {per_split / alone['seconds']:.2f}; two processes {speed_up:.2f} × one (target {TARGET_TWO})"
    )
    ok = ratio <= TARGET and speed_up >= TARGET_TWO
    print(
        json.dumps(
            {
                "name": "slips",
                "ratio": round(ratio, 3),
                "target": TARGET,
                "ok": ok,
                "two_processes": round(speed_up, 2),
                "target_two": TARGET_TWO,
                "split_ratio": round(per_split / alone["seconds"], 3),
                "peak_mb": {"alone": alone["peak_mb"], "one_document": whole["peak_mb"], "split": parts["peak_mb"]},
            }
        )
    )


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ordermgmt.settings")
    django.setup()
    print(json.dumps(measure(sys.argv[1], int(sys.argv[2]))))
