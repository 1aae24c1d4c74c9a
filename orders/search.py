"""Finding orders by what people say: number, e-mail, phone, postcode, recipient, item."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Customer
from customers.search import matching as matching_customers
from inventory.models import Sku
from ordermgmt import codes
from ordermgmt.blocking import Blocker, blockers_of
from ordermgmt.finding import GROUP_SIZE, Asked, Hit, searcher, starts_with
from ordermgmt.models import Activity, User
from ordermgmt.templatetags import portal
from orders import subscription_search  # noqa: F401  # registers itself
from orders.models import Order, OrderLine
from orders.saying import say_this
from orders.wording import StateWord, state_of

MOST_CUSTOMERS = 100


def _number(asked: Asked) -> str:
    """SO-104999, also when scanned with its check character; 104999 alone may be one too."""
    read = codes.read(asked.code)
    if read is not None and read.kind == codes.ORDER:
        return read.name
    return f"SO-{asked.digits}" if asked.digits else asked.code if asked.code.startswith("SO-") else ""


def condition(text: str) -> Q:
    """What a search means as rows of orders; every part of it is answered from an index."""
    asked = Asked(text)
    if asked.email:
        return _emails(asked.email)
    if asked.digits or asked.code.startswith("SO-"):
        return _numbers(asked)
    if asked.words and (sku := Sku.objects.filter(code=asked.code).first()):
        return Q(has_item(sku))
    return _names(asked) | Q(external_number=asked.text)


def has_item(sku: Sku) -> Exists:
    """Orders with a line of this item: the item is looked up first, so that one index answers."""
    return Exists(OrderLine.objects.filter(order=OuterRef("pk"), sku=sku))


def _emails(text: str) -> Q:
    """A whole address by its own index; only a part of one is searched in the text of all."""
    whole = Q(email__iexact=text)
    return whole if Order.objects.filter(whole).exists() else Q(email__icontains=text)


def _numbers(asked: Asked) -> Q:
    number = _number(asked)
    found = Q(external_number__in=[asked.text, f"#{asked.text}", asked.digits]) if asked.digits else Q()
    found |= starts_with("number", number) if number else Q()
    if asked.digits and len(asked.digits) >= 4:
        spaced = f"{asked.digits[:3]} {asked.digits[3:]}"
        found |= Q(ship_postcode__in=[asked.text, asked.digits, spaced])
    return found | _customers(asked) if asked.phone else found


def _names(asked: Asked) -> Q:
    if not asked.words:
        return Q(pk__in=[])
    recipient = Q()
    for word in asked.words:
        recipient &= Q(recipient__icontains=word)
    return recipient | _customers(asked)


def _customers(asked: Asked) -> Q:
    """Orders of matching customers; many of the same name are found by the recipient anyway."""
    # Ordered by a sum, or PostgreSQL walks all customers from the newest instead of asking the index of words.
    newest = matching_customers(asked).order_by((F("id") + 0).desc())
    return Q(customer__in=list(newest.values_list("pk", flat=True)[:MOST_CUSTOMERS]))


@searcher("orders", gettext_lazy("Orders"), permission="orders.view", icon="box", list_url="/orders/", rank=10)
class OrderSearch:
    def exact(self, asked: Asked, user: User) -> str:
        names = {name for name in (_number(asked), asked.code) if name}
        found = Order.objects.filter(Q(number__in=names) | Q(external_number__in=[asked.text, f"#{asked.text}"]))[:2]
        numbers = [order.number for order in found]
        return f"/orders/{numbers[0]}/" if len(numbers) == 1 else ""

    def find(self, asked: Asked, user: User, now: datetime) -> Sequence[Hit]:
        rows = Order.objects.filter(condition(asked.text)).order_by("-placed_at", "-id")
        found = list(rows.select_related("customer").with_state().annotate(last_line=_newest_line())[: GROUP_SIZE + 1])
        why = blockers_of(found, now=now)
        newest = {order.pk: getattr(order, "last_line", None) for order in found}
        lines = Activity.objects.in_bulk([pk for pk in newest.values() if pk])
        return [_hit(order, why.get(order.pk, []), _said(lines.get(newest[order.pk]))) for order in found]


def _newest_line() -> Subquery:
    return Subquery(Activity.objects.filter(thread=OuterRef("number")).order_by("-at", "-id").values("pk")[:1])


def _said(line: Activity | None) -> str:
    return f"{line.text} {portal.day_words(line.at)}" if line else ""


def promise_words(order: Order) -> str:
    """`arrives 25 Nov` as the carrier says, else `promised 25 Nov` or `ships by 24 Nov`, or nothing."""
    moving = [parcel for parcel in order.live_shipments if parcel.expected_on and not parcel.delivered_at]  # type: ignore[attr-defined]  # with_state
    if moving:
        return _("arrives %(day)s") % {"day": portal.day_words(max(parcel.expected_on for parcel in moving))}
    if order.promised_delivery_on:
        return _("promised %(day)s") % {"day": portal.day_words(order.promised_delivery_on)}
    return _("ships by %(day)s") % {"day": portal.day_words(order.promised_ship_on)} if order.promised_ship_on else ""


def _hit(order: Order, blockers: Sequence[Blocker], last: str) -> Hit:
    word: StateWord = state_of(order)
    reason = blockers[0].sentence if blockers else ""
    return Hit(
        title=order.number,
        url=f"/orders/{order.number}/",
        subtitle=str(order.customer) if isinstance(order.customer, Customer) else order.recipient,
        state=(word.value, word.label),
        answer=" · ".join(part for part in (reason, promise_words(order)) if part),
        last=last,
        say=say_this(order, word, blockers),
    )
