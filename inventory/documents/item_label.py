"""A label for a shelf or a piece without a printed code: name, code and bars that decode at 203 dpi."""

from inventory.models import Sku
from ordermgmt.barcodes import Picture, code128, ean13
from ordermgmt.documents import UnknownDocument, document_kind
from ordermgmt.printing import paper
from ordermgmt.typesetting import Paper

_ROOM_MM = 62


@document_kind("item_label", title="Item label", is_kept=False)
def item_label(number: str) -> Paper:
    """By the code of the item."""
    sku = Sku.objects.filter(code=number).first()
    if sku is None:
        raise UnknownDocument(number)
    context = {"sku": sku, "bars": sku.barcode or sku.code}
    return paper("item_label", context, style="item_label", pictures={"bars": _bars(sku)})


def _bars(sku: Sku) -> Picture:
    if sku.barcode and len(sku.barcode) in (12, 13):
        return ean13(sku.barcode, room_mm=_ROOM_MM, height_mm=16)
    return code128(sku.barcode or sku.code, room_mm=_ROOM_MM, height_mm=16)
