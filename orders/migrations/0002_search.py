"""Finding orders by a part of a name or e-mail, and by tag, among millions (PostgreSQL)."""

from django.db import migrations

from ordermgmt.word_search import add_index, add_trigrams, drop_index


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial")]
    operations = [
        migrations.RunPython(
            add_trigrams("order_words", "orders_order", "recipient", "email"), drop_index("order_words")
        ),
        migrations.RunPython(add_index("order_tags", "orders_order USING gin (tags)"), drop_index("order_tags")),
    ]
