"""The history of a subscription is append-only: the database refuses update and delete."""

from django.db import migrations

from ordermgmt.guards import APPEND_ONLY, guard, unguard


class Migration(migrations.Migration):
    dependencies = [("orders", "0002_search")]
    operations = [migrations.RunPython(guard(APPEND_ONLY["orders"]), unguard(APPEND_ONLY["orders"]))]
