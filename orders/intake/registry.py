"""Which parser reads which kind of channel."""

from orders.intake.document import Parser
from orders.intake.own_csv import OwnCsv
from orders.intake.own_json import OwnJson
from orders.intake.shopify import Shopify
from orders.intake.shopify_csv import ShopifyCsv
from orders.intake.woocommerce import WooCommerce
from orders.states import ChannelKind

PARSERS: dict[str, Parser] = {
    ChannelKind.API: OwnJson(),
    ChannelKind.CSV: OwnCsv(),
    ChannelKind.SHOPIFY: Shopify(),
    ChannelKind.SHOPIFY_CSV: ShopifyCsv(),
    ChannelKind.WOOCOMMERCE: WooCommerce(),
}
