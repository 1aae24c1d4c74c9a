"""Finding customers by a part of a name, company, e-mail or phone number among many (PostgreSQL)."""

from django.db import migrations

from ordermgmt.word_search import add_trigrams, drop_index


class Migration(migrations.Migration):
    dependencies = [("customers", "0001_initial")]
    operations = [
        migrations.RunPython(
            add_trigrams("customer_words", "customers_customer", "name", "company", "email"),
            drop_index("customer_words"),
        ),
        migrations.RunPython(
            add_trigrams("customer_digits", "customers_customer", "phone_digits"), drop_index("customer_digits")
        ),
    ]
