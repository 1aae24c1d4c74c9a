"""Rules whose sentence counts their rows: "23 refunds wait for approval"."""

from collections.abc import Mapping
from typing import Any, ClassVar

from ordermgmt.exceptions import ExceptionRule
from ordermgmt.models import ExceptionItem
from ordermgmt.templatetags import portal


class CountedRule(ExceptionRule):
    """`counted` is an `ngettext_lazy` with the number "count"; its words may name `%(n)s` and what `known` gives."""

    counted: ClassVar[Any]

    def known(self, item: ExceptionItem) -> Mapping[str, Any]:
        """Facts in the reader's words."""
        facts: Mapping[str, Any] = item.facts
        return facts

    def sentence(self, item: ExceptionItem) -> str:
        return str(self.counted % {**self.known(item), "count": item.count, "n": portal.number(item.count)})
