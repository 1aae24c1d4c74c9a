import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from fulfilment.demo.real_sales import moved, read_sales
from fulfilment.demo.real_shop import write_shop
from inventory.models import Warehouse
from ordermgmt.rollups import rebuild
from orders.actions.valuing import work_values
from orders.models import Order


class Command(BaseCommand):
    help = (
        "Fill an empty database with the sales of a real shop: a folder of CSV files with the columns of UCI Online "
        "Retail (InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice, CustomerID, Country)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--ends-on", type=date.fromisoformat, help="move all sales so that the last is on this day")

    def handle(self, *args: Any, **options: Any) -> None:
        if Order.objects.exists() or Warehouse.objects.exists():
            raise CommandError("The database already holds a shop. load_sales fills empty databases only.")
        try:
            found = read_sales(options["folder"])
        except KeyError as missing:
            raise CommandError(f"A file has no column {missing}") from None
        if not found.orders:
            raise CommandError(f"No sales in {options['folder']}")
        if options["ends_on"]:
            moved(found.by_number.values(), options["ends_on"])
        now = max(sale.at for sale in found.orders) + timedelta(days=7)
        with transaction.atomic():
            orders = write_shop(found.orders, now=now)
        work_values(now=now)
        rebuild(now=now)
        net = sum(sale.net for sale in found.orders)
        facts = {"rows": found.rows, "orders": orders, "net": str(net), "left_out": found.left_out}
        self.stdout.write(json.dumps(facts))
