"""Finding items by SKU, barcode or name, and places by their code."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import F, Q, QuerySet, Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from inventory.models import Bin, Sku, SkuCode, StockLevel
from inventory.states import SkuStatus
from ordermgmt import codes
from ordermgmt.finding import GROUP_SIZE, Asked, Hit, all_words, searcher, starts_with
from ordermgmt.models import User
from ordermgmt.templatetags import portal


def sku_with_code(text: str) -> Sku | None:
    """The SKU with this code, barcode (with or without leading zeros) or further scan code."""
    forms = {text, text.lstrip("0"), text.zfill(13), text.zfill(14)} if text.isdigit() else {text}
    found = Sku.objects.filter(Q(code__in=forms) | Q(barcode__in=forms)).first()
    if found:
        return found
    further = SkuCode.objects.filter(code__in=forms).select_related("sku").first()
    return further.sku if further else None


def matching(asked: Asked) -> QuerySet[Sku]:
    if asked.digits and len(asked.digits) >= 4:
        return Sku.objects.filter(starts_with("barcode", asked.digits))
    if asked.email or not asked.text:
        return Sku.objects.none()
    by_code = starts_with("code", asked.code)
    return Sku.objects.filter(by_code | all_words(("name",), asked.words) if asked.words else by_code)


@searcher("items", gettext_lazy("Items"), permission="inventory.view", icon="stock", list_url="/inventory/", rank=30)
class ItemSearch:
    def exact(self, asked: Asked, user: User) -> str:
        found = sku_with_code(asked.code)
        return f"/items/{found.code}/" if found else ""

    def find(self, asked: Asked, user: User, now: datetime) -> Sequence[Hit]:
        found = list(matching(asked).order_by("status", "code")[: GROUP_SIZE + 1])
        free = F("on_hand") - F("unsaleable") - F("allocated") - F("safety")
        sums = StockLevel.objects.filter(sku__in=[sku.pk for sku in found]).values_list("sku").annotate(n=Sum(free))
        available = dict(sums.order_by())
        return [_hit(sku, available.get(sku.pk, 0)) for sku in found]


def _hit(sku: Sku, available: int) -> Hit:
    return Hit(
        title=sku.name,
        url=f"/items/{sku.code}/",
        subtitle=sku.code,
        state=("discontinued", _("Discontinued")) if sku.status == SkuStatus.DISCONTINUED else None,
        answer=_("%(n)s available") % {"n": portal.number(available)},
        last=sku.barcode or "",
    )


@searcher("places", gettext_lazy("Places"), permission="inventory.view", icon="place", rank=60)
class PlaceSearch:
    def exact(self, asked: Asked, user: User) -> str:
        return ""

    def find(self, asked: Asked, user: User, now: datetime) -> Sequence[Hit]:
        read = codes.read(asked.code)
        name = read.name if read and read.kind == codes.BIN else asked.code
        if not name or asked.group or asked.email:
            return []
        places = Bin.objects.filter(starts_with("code", name)).select_related("warehouse")
        found = list(places.order_by("code")[: GROUP_SIZE + 1])
        units = Bin.objects.filter(pk__in=[place.pk for place in found]).annotate(n=Sum("stock__quantity"))
        inside = dict(units.order_by().values_list("pk", "n"))
        return [
            Hit(
                title=place.code,
                url=f"/inventory/?bin={place.code}",
                subtitle=place.warehouse.title,
                answer=_units(inside.get(place.pk) or 0),
            )
            for place in found
        ]


def _units(n: int) -> str:
    return ngettext("%(n)s unit", "%(n)s units", n) % {"n": portal.number(n)}
