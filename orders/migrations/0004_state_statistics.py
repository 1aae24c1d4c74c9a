"""How the three states of an order go together, for PostgreSQL's planner: taken apart they mislead it a hundredfold."""

from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

NAME, COLUMNS = "order_states", "status, fulfilment_status, payment_status"


def make(apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor == "postgresql":
        editor.execute(f"CREATE STATISTICS IF NOT EXISTS {NAME} (dependencies, mcv) ON {COLUMNS} FROM orders_order")


def drop(apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor == "postgresql":
        editor.execute(f"DROP STATISTICS IF EXISTS {NAME}")


class Migration(migrations.Migration):
    dependencies = [("orders", "0003_guards")]
    operations = [migrations.RunPython(make, drop)]
