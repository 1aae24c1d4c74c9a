"""Why a delivery is on its day and costs what it costs, in sentences and in sums."""

from decimal import Decimal
from typing import NamedTuple

from django.utils.translation import gettext as _

from ordermgmt.money import ZERO
from ordermgmt.templatetags.portal import weekday_words
from orders.billing_states import SkipReason
from orders.priced import EXTRA, ONCE, PricedDelivery
from orders.upcoming import Upcoming


class Term(NamedTuple):
    """One line of a sum."""

    words: str
    amount: Decimal


def why_date(upcoming: Upcoming) -> str:
    """One sentence: the calendar, a wish, a closed day, or why it is left out."""
    planned, leaves = upcoming.dates.planned_on, upcoming.leaves_on
    words = {"day": weekday_words(leaves), "planned": weekday_words(planned)}
    if upcoming.skip_reason:
        return _("Left out: %(why)s") % {"why": str(SkipReason(upcoming.skip_reason).label).lower()}
    if upcoming.moved_from:
        return _("Moved to %(day)s from %(planned)s.") % words
    if upcoming.is_shifted:
        return _("%(planned)s is a day off at the warehouse: it leaves on %(day)s.") % words
    return _("On %(day)s by its calendar.") % words


def why_amount(upcoming: Upcoming) -> list[Term]:
    """What is charged with it, term by term; the terms add up to its amount."""
    if upcoming.priced is None:
        return []
    if upcoming.priced.is_free:
        beside = ((_("Extras"), EXTRA), (_("Sent once"), ONCE))
        terms = [Term(words, _sum(upcoming.priced, kind)) for words, kind in beside]
        return [Term(_("Free trial"), ZERO), *(term for term in terms if term.amount)]
    if upcoming.priced.is_paid and upcoming.invoice is None:
        once = _sum(upcoming.priced, ONCE)
        return [Term(_("Paid in advance"), ZERO), *([Term(_("Sent once"), once)] if once else [])]
    return _terms(upcoming)


def _terms(upcoming: Upcoming) -> list[Term]:
    charge = upcoming.invoice.priced if upcoming.invoice else None
    if charge is None:
        return []
    terms = [Term(_box_words(upcoming, charge), charge.box)]
    beside = _sum(upcoming.priced, ONCE) if upcoming.priced and upcoming.priced.is_paid else ZERO
    more = (
        (_("Dearer items"), charge.surcharges),
        (_("Extras"), _sum(charge, EXTRA)),
        (_("Sent once"), _sum(charge, ONCE) + beside),
        (_("Delivery"), charge.delivery),
        (_("Set-up fee"), charge.set_up_fee),
        (_("Promotion %(code)s") % {"code": charge.code}, -charge.discount),
    )
    terms += [Term(words, amount) for words, amount in more if amount]
    rest = upcoming.amount - sum((term.amount for term in terms), ZERO)
    return [*terms, Term(_("Without tax"), rest)] if rest else terms


def _box_words(upcoming: Upcoming, charge: PricedDelivery) -> str:
    if charge.is_announced:
        return _("New price we told you about")
    if charge.is_agreed:
        return _("Agreed price")
    words = {"plan": str(upcoming.version.plan), "count": upcoming.invoice.deliveries if upcoming.invoice else 1}
    return _("%(plan)s for %(count)d deliveries") % words if words["count"] != 1 else str(words["plan"])


def _sum(priced: PricedDelivery, kind: str) -> Decimal:
    return sum((part.full for part in priced.parts if part.kind == kind), ZERO)
