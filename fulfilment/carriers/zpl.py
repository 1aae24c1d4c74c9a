"""The label of the in-house carrier for thermal printers: ZPL II, 102×152 mm at 203 dpi (8 dots a millimetre)."""

from fulfilment.carriers.protocol import LabelRequest

WIDTH, LENGTH = 816, 1216
_ESCAPED = {"_": "_5F", "^": "_5E", "~": "_7E", "\\": "_5C"}


def label_zpl(request: LabelRequest, tracking: str) -> str:
    """Text in UTF-8; bar widths whole dots (4 dots = 0.5 mm for the SSCC, 3 for the tracking number)."""
    return "\n".join(
        [
            f"^XA^CI28^PW{WIDTH}^LL{LENGTH}^LH0,0",
            *_sender(request),
            "^FO24,136^GB768,3,3^FS",
            *_recipient(request),
            "^FO24,520^GB768,3,3^FS",
            *_service(request),
            f"^FO60,660^BY3^BCN,150,N,N,N,A^FD{tracking}^FS",
            f"^FO24,822^A0N,40,40^FB768,1,0,C^FD{_grouped(tracking)}^FS",
            "^FO24,874^GB768,3,3^FS",
            f"^FO96,892^BY4^BCN,256,N,N,N,D^FD(00){request.reference}^FS",
            f"^FO24,1160^A0N,34,34^FB768,1,0,C^FD(00) {request.reference}^FS",
            "^XZ",
        ]
    )


def text(value: str) -> str:
    """A field as ^FH_ hex escapes, so that no address can carry a command."""
    printable = "".join(char if char.isprintable() else " " for char in value)
    return "^FH_^FD" + "".join(_ESCAPED.get(char, char) for char in printable) + "^FS"


def _sender(request: LabelRequest) -> list[str]:
    sender = request.sender
    place = f"{sender.get('country', '')}-{sender.get('postcode', '')} {sender.get('city', '')}"
    return [
        f"^FO24,24^A0N,30,30{text(sender.get('company') or sender.get('name', ''))}",
        f"^FO24,60^A0N,26,26{text(sender.get('line1', ''))}",
        f"^FO24,92^A0N,26,26{text(place)}",
    ]


def _recipient(request: LabelRequest) -> list[str]:
    to = request.recipient
    lines = [to.get("name", ""), to.get("company", ""), to.get("line1", ""), to.get("line2", "")]
    rows = [f"^FO48,{160 + 50 * i}^A0N,42,42{text(line[:38])}" for i, line in enumerate(filter(None, lines))]
    place = f"{to.get('postcode', '')} {to.get('city', '')}"[:26]
    return [
        *rows,
        f"^FO48,376^A0N,62,62{text(place)}",
        f"^FO48,450^A0N,46,46{text(' '.join(filter(None, (to.get('region', ''), to.get('country', '')))))}",
    ]


def _service(request: LabelRequest) -> list[str]:
    return [
        f"^FO24,540^A0N,64,64{text(request.service[:18])}",
        f"^FO480,540^A0N,34,34^FB312,1,0,R{text(f'{request.position} / {request.count}')}",
        f"^FO480,580^A0N,34,34^FB312,1,0,R{text(f'{request.weight_g / 1000:.2f} kg')}",
        f"^FO24,616^A0N,28,28{text(f'{request.order_number}  {request.shipment_number}')}",
    ]


def _grouped(tracking: str) -> str:
    return f"{tracking[:2]} {tracking[2:6]} {tracking[6:10]} {tracking[10:11]} {tracking[11:]}"
