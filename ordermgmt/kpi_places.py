"""Which figures stand at the top: of a person's reports and of the mail of the week."""

from ordermgmt.models import KpiPlace, User

# For whoever has not chosen: two rows of four.
USUAL = (
    "on_time_dispatch", "order_cycle_time", "open_orders", "wrong_scans",
    "mrr", "customer_churn", "payments_recovered", "otif",
)  # fmt: skip


def placed(user: User) -> list[str]:
    """The figures a person wants at the top, in their order."""
    return list(KpiPlace.objects.filter(user=user).order_by("place").values_list("kpi", flat=True))
