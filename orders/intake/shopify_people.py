"""Who a Shopify order is for and where it goes."""

from orders.intake.document import ParsedAddress, ParsedCustomer
from orders.intake.fields import Record
from orders.intake.places import country_code, full_name

ADDRESS_PARTS = {
    "name": "name",
    "line1": "address1",
    "city": "city",
    "postcode": "zip",
    "region": "province",
    "country": "country_code",
}


def customer(record: Record) -> ParsedCustomer:
    """Who buys, filled up from the addresses."""
    own = record.child("customer") or Record({}, record.place_of("customer"), record.findings)
    first, last = own.text("first_name", longest=60), own.text("last_name", longest=59)
    named = address(record, "billing_address") or address(record, "shipping_address")
    known = named or ParsedAddress()
    return ParsedCustomer(
        external_id=own.text("id", longest=64),
        name=full_name("", first, last) or known.name,
        email=record.email("email", "contact_email") or own.email("email"),
        phone=record.text("phone", longest=40) or own.text("phone", longest=40) or known.phone,
        company=known.company,
        language=record.text("customer_locale", longest=20),
    )


def address(order: Record, key: str) -> ParsedAddress | None:
    """One of the two addresses of an order; None when it is empty."""
    record = order.child(key)
    if record is None or not any(record.has(name) for name in record.fields):
        return None
    code, country = record.text("country_code", longest=10), record.text("country", longest=100)
    first, last = record.text("first_name", longest=60), record.text("last_name", longest=59)
    return ParsedAddress(
        name=full_name(record.text("name", longest=120), first, last),
        company=record.text("company", longest=120),
        line1=record.text("address1", longest=200),
        line2=record.text("address2", longest=200),
        city=record.text("city", longest=120),
        region=record.text("province_code", "province", longest=120),
        postcode=record.text("zip", longest=20),
        country=country_code(code, country) or country_code(country),
        phone=record.text("phone", longest=40),
        place=record.place,
        places={part: record.place_of(name) for part, name in ADDRESS_PARTS.items()},
    )


def discount_codes(record: Record) -> tuple[str, ...]:
    codes = (entry.text("code", longest=200) for entry in record.children("discount_codes"))
    return tuple(code for code in codes if code)
