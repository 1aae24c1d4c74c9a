"""What about stock a person must decide: counts that two people found off the books."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from inventory.models import CountTask
from ordermgmt.blocking import Fix
from ordermgmt.exceptions import Cause, ExceptionRule, Row, exception_rule
from ordermgmt.models import ExceptionItem
from ordermgmt.roles import Role
from ordermgmt.templatetags import portal

MOST = 500


@exception_rule
class CountsToDecide(ExceptionRule):
    """Two people counted something else than the books say, above the tolerance."""

    name = "count.variance"
    title = gettext_lazy("Counts off the books")
    owner_role = Role.LEAD
    target = timedelta(hours=8)
    permission = "inventory.view"

    def causes(self, now: datetime) -> Iterable[Cause]:
        tasks = CountTask.objects.filter(done_at=None).to_decide().select_related("bin__warehouse", "sku")
        found: dict[str, list[CountTask]] = {}
        for task in tasks.order_by("opened_at", "pk")[:MOST]:
            found.setdefault(task.bin.warehouse.code, []).append(task)
        for code, some in found.items():
            yield Cause(
                key=code, since=some[0].opened_at, subjects=[f"count {task.pk}" for task in some],
                facts={"warehouse": code, "first": some[0].pk, "place": some[0].bin.code},
            )  # fmt: skip

    def sentence(self, item: ExceptionItem) -> str:
        words = ngettext(
            "%(n)s count at %(place)s is off the books", "%(n)s counts at %(place)s are off the books", item.count
        )
        return words % {"n": portal.number(item.count), "place": item.facts["warehouse"]}

    def rows(self, item: ExceptionItem, now: datetime) -> Sequence[Row]:
        pks = [int(number.split()[1]) for number in item.subjects.order_by("pk").values_list("number", flat=True)[:10]]
        tasks = CountTask.objects.filter(pk__in=pks).select_related("bin", "sku").order_by("opened_at", "pk")
        return [
            Row(task.bin.code, reverse("count_decide", args=[task.pk]), f"{task.sku}. {task.reason}") for task in tasks
        ]

    def fixes(self, item: ExceptionItem) -> Sequence[Fix]:
        page = reverse("count_decide", args=[item.facts["first"]])
        words = _("Decide about %(place)s") % item.facts
        return [
            Fix(words, page, permission="inventory.adjust", effect=_("Book what was counted, or have it counted again"))
        ]
