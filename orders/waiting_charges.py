"""Charges that are due and wait: how many, for which reason."""

from django.db.models import Count

from orders.models import Charge


def waiting_by_reason() -> dict[str, int]:
    """By code of the reason, in one query over what waits alone."""
    rows = Charge.objects.put_off().order_by("put_off_code").values_list("put_off_code")
    return dict(rows.annotate(n=Count("pk")))
