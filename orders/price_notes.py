"""What the charts say of days by themselves: prices that changed."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from ordermgmt.day_notes import DayNote, day_notes_source
from ordermgmt.kpis import Period
from orders.models import PriceChange


@day_notes_source
def price_changes(period: Period) -> Iterable[DayNote]:
    """Price changes of plans, on the day from which they hold (those that were announced and not called off)."""
    announced = PriceChange.objects.filter(notice_at__isnull=False, cancelled_at=None)
    held = announced.filter(earliest_on__range=(period.first, period.last))
    for change in held.select_related("plan").order_by("earliest_on")[:20]:
        yield DayNote(change.earliest_on, _("New price: %(plan)s") % {"plan": change.plan.name})
