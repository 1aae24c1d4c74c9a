"""Addresses to which mail does not get through: somebody must find the right one."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.db.models import F, Q, QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ordermgmt.blocking import Fix
from ordermgmt.exception_groups import grouped
from ordermgmt.exceptions import Cause, ExceptionRule, Row, exception_rule
from ordermgmt.models import ExceptionItem, MailAddress
from ordermgmt.roles import Role

LOOKS_BACK = timedelta(days=30)
SHOWN = 20


@exception_rule
class MailBounced(ExceptionRule):
    """Addresses whose mail came back for good in the last days, until a person says that they work again."""

    name = "mail.bounced"
    title = gettext_lazy("Mail comes back")
    owner_role = Role.SUPPORT
    target = timedelta(hours=8)
    permission = "customers.view"

    def causes(self, now: datetime) -> Iterable[Cause]:
        return [group.cause() for group in grouped(_broken(now), number="address", since="bounced_at")]

    def sentence(self, item: ExceptionItem) -> str:
        words = ngettext("Mail to %(n)s address comes back", "Mail to %(n)s addresses comes back", item.count)
        return words % {"n": item.count}

    def why(self, item: ExceptionItem) -> str:
        return _("Nothing is sent there until the address is corrected or said to work again")

    def rows_url(self, item: ExceptionItem) -> str:
        return f"{reverse('message_list')}?view=all&fate=bounced"

    def rows(self, item: ExceptionItem, now: datetime) -> Sequence[Row]:
        return [
            Row(row.address, _customers(row.address), row.reason) for row in _broken(now).order_by("bounced_at")[:SHOWN]
        ]

    def fixes(self, item: ExceptionItem) -> Sequence[Fix]:
        return [Fix(_("Open the messages"), self.rows_url(item), permission="messages.view")]


def _broken(now: datetime) -> QuerySet[MailAddress]:
    said = Q(works_again_at=None) | Q(works_again_at__lt=F("bounced_at"))
    return MailAddress.objects.filter(said, bounced_at__gt=now - LOOKS_BACK)


def _customers(address: str) -> str:
    try:
        return f"{reverse('customer_list')}?{urlencode({'view': 'all', 'q': address})}"
    except NoReverseMatch:
        return reverse("message_list")
