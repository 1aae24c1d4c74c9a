"""The ledger is append-only: the database refuses update and delete."""

from django.db import migrations

from ordermgmt.guards import APPEND_ONLY, guard, unguard


class Migration(migrations.Migration):
    dependencies = [("inventory", "0001_initial")]
    operations = [migrations.RunPython(guard(APPEND_ONLY["inventory"]), unguard(APPEND_ONLY["inventory"]))]
