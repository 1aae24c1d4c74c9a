"""Documents that wait for a person themselves, whatever becomes of their order."""

from django.db.models import Q, QuerySet

from orders.models import InboundOrder, InboundRevision
from orders.states import InboundState


def documents_in_need(rows: QuerySet[InboundOrder]) -> QuerySet[InboundOrder]:
    """Changed at the shop, refused, or read in vain. Those whose order is held are the order's trouble."""
    changed = Q(state=InboundState.CHANGED)
    unread = Q(state=InboundState.RECEIVED, attempts__gt=0)
    # A customer or a product that a shop sent along is refused, but nobody has to do anything.
    refused = Q(state=InboundState.REFUSED) & ~Q(findings__icontains='"not_an_order"')
    stuck = Q(pk__in=InboundRevision.objects.given_up().values("inbound"))
    return rows.filter(changed | unread | refused | stuck)
