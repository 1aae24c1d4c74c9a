"""The pick list of a wave (P45): walked top to bottom, a place never torn over two pages."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from django.core.files.storage import default_storage
from django.utils.translation import gettext_lazy as _

from fulfilment.documents.readers import reads_wave
from fulfilment.models import Wave
from fulfilment.reports import PickList, PickListRow, pick_list
from ordermgmt.barcodes import code128
from ordermgmt.clock import business_zone
from ordermgmt.documents import UnknownDocument, document_kind
from ordermgmt.printing import paper
from ordermgmt.typesetting import Paper

# Stock moves: a list older than a shift sends people to empty places.
VALID_FOR = timedelta(hours=4)
LARGEST_PHOTO = 300_000


@document_kind("pick_list", title=_("Pick list"), is_kept=False, shows_time=True, may_see=reads_wave)
def pick_list_paper(number: str, now: datetime) -> Paper:
    """By wave number; shows what is still to be picked now."""
    wave = Wave.objects.select_related("warehouse", "picker").filter(number=number).first()
    if wave is None:
        raise UnknownDocument(number)
    found = pick_list(wave)
    photos = dict(_photos(found.rows))
    context = {
        "list": found,
        "places": list(_places(found, photos)),
        "has_photos": bool(photos),
        "printed_at": _local(now),
        "valid_until": _local(now + VALID_FOR),
        "cut_off": _local(found.cut_off) if found.cut_off else None,
    }
    return paper(
        "pick_list", context, style="pick_list", pictures={"wave": code128(found.barcode, room_mm=80)}, photos=photos
    )


def _local(at: datetime) -> datetime:
    """Wall-clock time for a template."""
    return at.astimezone(business_zone()).replace(tzinfo=None)


def _places(found: PickList, photos: dict[str, bytes]) -> Iterable[dict[str, Any]]:
    """Rows by place, in walking order; every other place is shaded."""
    for i, (place, rows) in enumerate(groupby(found.rows, key=lambda row: row.place)):
        shown = [{"row": row, "photo": row.image if row.image in photos else ""} for row in rows]
        yield {"place": place, "rows": shown, "is_shaded": bool(i % 2)}


def _photos(rows: Iterable[PickListRow]) -> Iterable[tuple[str, bytes]]:
    """Small pictures by their address; a list must not grow with the camera."""
    for image in sorted({row.image for row in rows if row.image}):
        name = image.removeprefix(default_storage.url(""))
        if default_storage.exists(name) and default_storage.size(name) <= LARGEST_PHOTO:
            with default_storage.open(name) as file:
                yield image, file.read()
