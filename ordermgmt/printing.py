"""From a template and its data to a paper, in the reader's language."""

from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from babel import Locale
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

from ordermgmt.barcodes import Picture
from ordermgmt.typesetting import Paper


def paper(
    template: str,
    context: Mapping[str, Any],
    *,
    style: str,
    language: str = "",
    pictures: Mapping[str, Picture] | None = None,
    photos: Mapping[str, bytes] | None = None,
    invoice_xml: str = "",
) -> Paper:
    """Render `templates/documents/<template>.html`; barcodes and photos are named in it as `memory:<name>`.

    With `invoice_xml` it becomes a Factur-X file (see `ordermgmt.facturx`).
    """
    language = supported(language)
    with translation.override(language):
        html = render_to_string(f"documents/{template}.html", {"shop": settings.SHOP, "language": language, **context})
    return Paper(
        html=html,
        style=style,
        pictures={name: picture.svg for name, picture in (pictures or {}).items()},
        photos={name: b64encode(content).decode() for name, content in (photos or {}).items()},
        invoice_xml=invoice_xml,
    )


def locale() -> Locale:
    """Of the language papers are rendered in now."""
    return Locale.parse(translation.to_locale(translation.get_language() or settings.LANGUAGE_CODE))


def supported(language: str) -> str:
    """The nearest language we have words for."""
    try:
        return translation.get_supported_language_variant(language or settings.LANGUAGE_CODE)
    except LookupError:
        return settings.LANGUAGE_CODE
