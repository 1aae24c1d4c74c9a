"""Teaching the intake what a channel calls our SKUs."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from inventory.models import Sku
from ordermgmt.history import record
from ordermgmt.models import User
from orders.models import Channel, SkuAlias

MOST_UNITS_EACH = 10_000


class CannotMap(Exception):
    """The code cannot be mapped as wished; the sentence says why."""


@transaction.atomic(durable=True)
def map_sku(
    *, channel: Channel, external_code: str, sku: Sku, units: int = 1, by: User | str, now: datetime
) -> SkuAlias:
    """From now on this channel's code means `units` units of our SKU, in every replay. Raises CannotMap.

    Orders that have it already are mended by `identify_lines`.
    """
    if not 1 <= units <= MOST_UNITS_EACH:
        raise CannotMap(_("One of theirs is between 1 and %(most)d of ours.") % {"most": MOST_UNITS_EACH})
    if not external_code.strip() or len(external_code) > 120:
        raise CannotMap(_("The channel's code has between 1 and 120 characters."))
    alias, _made = SkuAlias.objects.update_or_create(
        channel=channel, external_code=external_code, defaults={"sku": sku, "units": units}
    )
    facts = {"code": external_code, "sku": sku.code, "units": units, "channel": channel.code}
    sentence = "{channel}: “{code}” means {units} × {sku}"
    record("map_sku", sentence, subject=f"channel {channel.code}", by=by, now=now, **facts)
    return alias
