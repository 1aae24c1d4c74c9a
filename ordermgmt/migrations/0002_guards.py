"""What the schema editor cannot say: number sequences, and history that cannot be rewritten."""

from django.db import migrations

from ordermgmt.guards import APPEND_ONLY, create_sequences, drop_sequences, guard, unguard


class Migration(migrations.Migration):
    dependencies = [("ordermgmt", "0001_initial")]
    operations = [
        migrations.RunPython(create_sequences, drop_sequences),
        migrations.RunPython(guard(APPEND_ONLY["ordermgmt"]), unguard(APPEND_ONLY["ordermgmt"])),
    ]
