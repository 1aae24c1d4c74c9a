"""Which parser reads what a channel sends."""

from orders.intake.document import Document, Parser
from orders.intake.own_csv import OwnCsv
from orders.intake.own_json import OWN_JSON
from orders.intake.shopify import SHOPIFY
from orders.intake.shopify_csv import ShopifyCsv
from orders.intake.splitting import raw
from orders.intake.woocommerce import WOOCOMMERCE
from orders.states import ChannelKind

PARSERS: dict[str, Parser] = {
    ChannelKind.API: OWN_JSON,
    ChannelKind.CSV: OwnCsv(),
    ChannelKind.SHOPIFY: SHOPIFY,
    ChannelKind.SHOPIFY_CSV: ShopifyCsv(),
    ChannelKind.WOOCOMMERCE: WOOCOMMERCE,
}
# A shop's export and its API tell of the same orders with the same ids: either may come in by either.
SIBLINGS: dict[str, str] = {
    ChannelKind.API: ChannelKind.CSV,
    ChannelKind.CSV: ChannelKind.API,
    ChannelKind.SHOPIFY: ChannelKind.SHOPIFY_CSV,
    ChannelKind.SHOPIFY_CSV: ChannelKind.SHOPIFY,
}


class NoParser(Exception):
    """Orders of this kind of channel are not read from documents."""


def parser_for(kind: str, data: bytes) -> Parser:
    """The parser of a channel kind for this content. Raises NoParser."""
    if kind not in PARSERS:
        raise NoParser(f"No documents are read for channels of the kind “{kind}”.")
    own, sibling = PARSERS[kind], PARSERS.get(SIBLINGS.get(kind, ""))
    if sibling is None or _claims(own, data) or not _claims(sibling, data):
        return own
    return sibling


def parser_of(kind: str, document: Document) -> Parser:
    """The parser for a stored document. Raises NoParser."""
    return parser_for(kind, raw(document.payload_text))


def _claims(parser: Parser, data: bytes) -> bool:
    """JSON begins with a bracket; a CSV is claimed by its header."""
    bracket = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")
    if isinstance(parser, OwnCsv | ShopifyCsv):
        return not bracket and parser.knows_header(data)
    return bracket
