"""What the customer of an order sees and got: their page, its links, every message; sending anew, ending links."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.actions.operations import NoAddress, StillWaiting, resend_message
from ordermgmt.models import OutgoingMessage
from orders.actions.links import NoEmail, revoke_links, send_link
from orders.models import Order

# They end within minutes: sending one again would only puzzle.
SHORT_LIVED = ("order_code", "order_link")


@require_safe
@staff_page("messages.view")
def order_customer(request: StaffRequest, number: str) -> HttpResponse:
    order = get_object_or_404(Order.objects.prefetch_related("links"), number=number)
    now = timezone.now()
    links = [(link, link.is_live(now)) for link in sorted(order.links.all(), key=lambda link: link.pk, reverse=True)]
    rows = OutgoingMessage.objects.filter(thread=number).defer("html", "context", "text").order_by("-created_at", "-pk")
    context = {
        "order": order,
        "links": links,
        "live": max((link for link, live in links if live), key=lambda link: link.expires_at, default=None),
        "rows": [(row, _may_resend(row)) for row in rows[:100]],
    }
    return render(request, "orders/order_customer.html", context)


def _may_resend(row: OutgoingMessage) -> bool:
    return bool(row.recipient) and row.state in ("sent", "dead") and row.kind not in SHORT_LIVED


@require_POST
@staff_page("messages.resend")
def order_send_link(request: StaffRequest, number: str) -> HttpResponse:
    order = get_object_or_404(Order, number=number)
    try:
        send_link(order.pk, by=request.user, now=timezone.now())
    except NoEmail:
        messages.warning(request, _("%(number)s has no e-mail address to write to.") % {"number": number})
    else:
        messages.success(request, _("A new link is on its way to %(email)s.") % {"email": order.email})
    return redirect("order_customer", number)


@require_POST
@staff_page("messages.resend")
def order_revoke_links(request: StaffRequest, number: str) -> HttpResponse:
    order = get_object_or_404(Order, number=number)
    count = revoke_links(order.pk, by=request.user, now=timezone.now())
    words = ngettext(
        "Ended %(n)s link. It opens nothing any more.", "Ended %(n)s links. They open nothing any more.", count
    )
    messages.success(request, words % {"n": count})
    return redirect("order_customer", number)


@require_POST
@staff_page("messages.resend")
def order_resend(request: StaffRequest, number: str, message_id: int) -> HttpResponse:
    row = get_object_or_404(OutgoingMessage.objects.exclude(kind__in=SHORT_LIVED), pk=message_id, thread=number)
    try:
        resend_message(row.pk, by=request.user, now=timezone.now())
    except StillWaiting:
        messages.warning(request, _("This message has not left yet. It is sent by itself."))
    except NoAddress:
        messages.warning(request, _("%(number)s has no e-mail address to write to.") % {"number": number})
    else:
        messages.success(request, _("The message is on its way again."))
    return redirect("order_customer", number)
