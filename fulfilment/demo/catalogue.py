"""The range of the demo shop: 288 items in sizes and 12 bundles."""

from dataclasses import dataclass
from decimal import Decimal
from random import Random

from stdnum import ean

# name, code, price of the smallest size in EUR, weight of one unit in grams, box in mm, keeps lots
RANGE = (
    ("Oat drink", "OAT", 2.20, 1050, (70, 70, 200), True),
    ("Coffee beans, dark roast", "COD", 9.90, 520, (80, 60, 220), True),
    ("Coffee beans, light roast", "COL", 10.40, 520, (80, 60, 220), True),
    ("Ground coffee", "COG", 8.90, 510, (80, 60, 200), True),
    ("Green tea", "TGR", 5.60, 110, (80, 80, 120), False),
    ("Rooibos tea", "TRO", 5.20, 110, (80, 80, 120), False),
    ("Earl Grey tea", "TEG", 5.40, 110, (80, 80, 120), False),
    ("Hot chocolate", "CHO", 6.80, 320, (80, 80, 150), True),
    ("Rye crispbread", "RYE", 3.10, 280, (150, 60, 200), True),
    ("Rice", "RIC", 3.40, 1010, (100, 60, 200), False),
    ("Red lentils", "LEN", 3.20, 510, (90, 50, 180), False),
    ("Chickpeas", "CHI", 2.10, 430, (75, 75, 110), True),
    ("Whole tomatoes", "TOM", 1.90, 440, (75, 75, 110), True),
    ("Olive oil", "OLI", 11.50, 920, (70, 70, 300), True),
    ("Rapeseed oil", "RAP", 6.20, 960, (70, 70, 290), True),
    ("Sea salt flakes", "SAL", 4.40, 260, (70, 70, 90), False),
    ("Black pepper", "PEP", 4.10, 80, (50, 50, 100), False),
    ("Cinnamon", "CIN", 3.90, 70, (50, 50, 100), False),
    ("Cardamom", "CAR", 6.70, 60, (50, 50, 100), False),
    ("Muesli, berries", "MUB", 5.90, 620, (120, 60, 250), True),
    ("Muesli, nuts", "MUN", 6.30, 620, (120, 60, 250), True),
    ("Granola, honey", "GRH", 6.60, 420, (120, 60, 240), True),
    ("Rolled oats", "ROA", 2.60, 760, (120, 70, 220), False),
    ("Spelt flour", "SPF", 3.80, 1020, (110, 70, 200), False),
    ("Strawberry jam", "JST", 4.60, 420, (70, 70, 100), True),
    ("Lingonberry jam", "JLI", 4.80, 420, (70, 70, 100), True),
    ("Blueberry jam", "JBL", 4.90, 420, (70, 70, 100), True),
    ("Acacia honey", "HON", 7.20, 520, (70, 70, 110), True),
    ("Peanut butter", "PNB", 5.10, 390, (75, 75, 110), True),
    ("Almond butter", "ALB", 8.40, 290, (70, 70, 100), True),
    ("Dark chocolate 70 %", "CH7", 3.30, 105, (160, 80, 12), True),
    ("Milk chocolate", "CHM", 3.00, 105, (160, 80, 12), True),
    ("Chocolate with sea salt", "CHS", 3.40, 105, (160, 80, 12), True),
    ("Ginger biscuits", "GIN", 3.70, 310, (150, 60, 150), True),
    ("Oat biscuits", "OBI", 3.60, 260, (150, 60, 150), True),
    ("Roasted almonds", "ALM", 5.70, 210, (120, 40, 180), True),
    ("Cashews", "CAS", 6.10, 210, (120, 40, 180), True),
    ("Dried apricots", "APR", 4.90, 260, (120, 40, 180), True),
    ("Raisins", "RAI", 3.10, 260, (120, 40, 180), True),
    ("Dried mango", "MAN", 5.50, 160, (120, 40, 180), True),
    ("Spaghetti", "SPA", 2.30, 510, (80, 40, 270), False),
    ("Penne", "PEN", 2.30, 510, (120, 60, 200), False),
    ("Fusilli", "FUS", 2.30, 510, (120, 60, 200), False),
    ("Basil pesto", "PES", 4.70, 290, (70, 70, 90), True),
    ("Tomato sauce", "TOS", 3.90, 390, (75, 75, 140), True),
    ("Dijon mustard", "MUS", 3.50, 260, (70, 70, 90), True),
    ("Tomato ketchup", "KET", 3.20, 560, (70, 70, 190), True),
    ("Cider vinegar", "VIN", 4.20, 800, (70, 70, 260), False),
    ("Soya sauce", "SOY", 4.60, 320, (60, 60, 170), True),
    ("Coconut milk", "CCM", 2.70, 420, (75, 75, 110), True),
    ("Vegetable stock", "STO", 3.90, 110, (60, 60, 90), True),
    ("Sourdough starter", "SOU", 6.90, 60, (120, 20, 160), True),
    ("Dish soap", "DSH", 4.30, 560, (80, 50, 220), False),
    ("Laundry powder", "LAU", 9.80, 1560, (160, 80, 220), False),
    ("Hand soap", "HSO", 5.20, 540, (80, 60, 190), False),
    ("Beeswax candle", "CAN", 7.50, 160, (60, 60, 120), False),
    ("Baking paper", "BPA", 3.60, 240, (330, 50, 50), False),
    ("Linen tea towel", "TTO", 12.50, 110, (200, 150, 20), False),
)
SIZES = (
    ("", "", 1.0, 1.0),
    ("-L", ", large", 1.8, 1.9),
    ("-3", ", pack of 3", 2.8, 3.0),
    ("-6", ", pack of 6", 5.4, 6.0),
    ("-O", ", organic", 1.3, 1.0),
)
BUNDLES = (
    ("Breakfast box", "BOX-BRK", ("OAT", "MUB", "JST", "COD")),
    ("Coffee lover's box", "BOX-COF", ("COD", "COL", "CH7")),
    ("Tea time box", "BOX-TEA", ("TGR", "TEG", "GIN", "HON")),
    ("Pasta night", "BOX-PAS", ("SPA", "TOS", "PES", "OLI")),
    ("Baker's box", "BOX-BAK", ("SPF", "CIN", "CAR", "BPA")),
    ("Snack box", "BOX-SNK", ("ALM", "CAS", "APR", "CHM")),
    ("Jam trio", "BOX-JAM", ("JST", "JLI", "JBL")),
    ("Chocolate trio", "BOX-CHO", ("CH7", "CHM", "CHS")),
    ("Soup and stew box", "BOX-SOU", ("LEN", "CHI", "TOM", "STO")),
    ("Clean home box", "BOX-CLN", ("DSH", "LAU", "HSO")),
    ("Muesli pair", "BOX-MUE", ("MUB", "MUN")),
    ("Fika box", "BOX-FIK", ("COG", "OBI", "GIN", "CHO")),
)
RATE = {"EUR": Decimal("1"), "SEK": Decimal("11.2"), "GBP": Decimal("0.86")}


@dataclass(frozen=True)
class Item:
    code: str
    product_code: str
    product: str
    name: str
    price: Decimal
    weight_g: int
    size: tuple[int, int, int]
    barcode: str
    lots: bool
    parts: tuple[str, ...] = ()


def items(rng: Random) -> list[Item]:
    """288 items and 12 bundles; the same for the same seed."""
    made: list[Item] = []
    for name, code, price, weight, box, lots in RANGE:
        for suffix, words, price_factor, weight_factor in SIZES[: 5 if len(made) < 286 else 3]:
            made.append(
                Item(
                    code=code + suffix,
                    product_code=code,
                    product=name,
                    name=name + words,
                    price=(Decimal(str(price)) * Decimal(str(price_factor))).quantize(Decimal("0.1")),
                    weight_g=round(weight * weight_factor),
                    size=_grown(box, weight_factor),
                    barcode=_gtin(len(made)),
                    lots=lots,
                )
            )
    return made[:288] + [_bundle(index, bundle, made) for index, bundle in enumerate(BUNDLES)]


def _bundle(index: int, bundle: tuple[str, str, tuple[str, ...]], singles: list[Item]) -> Item:
    name, code, parts = bundle
    inside = [item for item in singles if item.code in parts]
    price = sum((item.price for item in inside), Decimal(0)) * Decimal("0.9")
    return Item(
        code=code,
        product_code=code,
        product=name,
        name=name,
        price=price.quantize(Decimal("0.1")),
        weight_g=sum(item.weight_g for item in inside),
        size=(0, 0, 0),
        barcode=_gtin(900 + index),
        lots=False,
        parts=parts,
    )


def _grown(box: tuple[int, int, int], factor: float) -> tuple[int, int, int]:
    return (box[0], round(box[1] * min(factor, 3)), box[2] if factor <= 3 else box[2] * 2)


def _gtin(index: int) -> str:
    body = f"73500120{index:04d}"
    return body + ean.calc_check_digit(body)
