"""Four days of a real shop as past orders: its own sums come out again, and figures follow its shape."""

import csv
import json
from collections import Counter
from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from fulfilment.demo.real_sales import NO_ITEMS, country_code, read_sales
from ordermgmt.kpis import Period, find
from ordermgmt.measuring import from_days
from orders.models import CustomerValue

HEAD = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
DAYS = Period(date(2010, 12, 1), date(2010, 12, 5))


@pytest.fixture
def folder(samples: Path) -> Path:
    found = samples / "datasets" / "online_retail"
    if not found.is_dir():
        pytest.skip("the sales of the real shop are not beside this checkout")
    return found


@pytest.mark.parametrize(
    ("name", "code"), [("EIRE", "IE"), ("Norway", "NO"), ("Nowhere", "GB"), ("United Kingdom", "GB")]
)
def test_countries(name: str, code: str) -> None:
    assert country_code(name) == code


def test_rows_are_read_as_the_shop_means_them(tmp_path: Path) -> None:
    rows = (
        "536365,85123a,HEART,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom\n"
        "536365,POST,POSTAGE,1,2010-12-01 08:26:00,18.00,17850.0,United Kingdom\n"
        "C536379,D,Discount,-1,2010-12-01 09:41:00,27.50,14527.0,United Kingdom\n"
        "536589,21777,,-10,2010-12-01 16:50:00,0.0,,United Kingdom\n"
    )
    (tmp_path / "day.csv").write_text(HEAD + rows)
    found = read_sales(tmp_path)
    (sale,) = found.orders
    assert (sale.customer, sale.charges, sale.net) == ("17850", Decimal("18.00"), Decimal("33.30"))
    assert [row.code for row in sale.rows] == ["85123A"]
    assert found.left_out == {"credits": 1, "no_units": 1}


def _counted(folder: Path) -> dict[str, Any]:
    """Straight from the files: orders by day, customers, net."""
    days: dict[str, str] = {}
    customers, net = set(), Decimal(0)
    sold: dict[str, list[dict[str, str]]] = {}
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                if row["InvoiceNo"].startswith("C") or int(row["Quantity"]) <= 0:
                    continue
                sold.setdefault(row["InvoiceNo"], []).append(row)
    for number, rows in sold.items():
        amount = sum(round(Decimal(row["UnitPrice"]) * int(row["Quantity"]), 2) for row in rows)
        if not amount or all(row["StockCode"].upper() in NO_ITEMS for row in rows):
            continue
        days[number] = rows[0]["InvoiceDate"][:10]
        customers |= {row["CustomerID"] for row in rows if row["CustomerID"]}
        net += amount
    return {"days": Counter(days.values()), "customers": len(customers), "net": net, "orders": len(days)}


@pytest.mark.django_db
@pytest.mark.slow
def test_figures_of_the_real_shop_are_those_of_its_files(folder: Path) -> None:
    out = StringIO()
    call_command("load_sales", str(folder), stdout=out)
    said, counted = json.loads(out.getvalue()), _counted(folder)
    expected = json.loads((folder / "expected.json").read_text())
    assert said["rows"] == expected["rows"]
    assert said["orders"] == counted["orders"]
    assert Decimal(said["net"]) == counted["net"]
    taken = from_days(find("orders_taken"), DAYS)
    assert {day.isoformat(): int(value or 0) for day, value in taken.days.items()} == counted["days"]
    value = from_days(find("customer_value"), Period(DAYS.first, date(2010, 12, 31)), {"currency": "GBP"})
    assert round(value.numerator, 2) == counted["net"]
    assert CustomerValue.objects.count() == counted["customers"] + 1
    assert from_days(find("unit_fill_rate"), DAYS).value == 1
    with pytest.raises(CommandError, match="already holds"):
        call_command("load_sales", str(folder))
