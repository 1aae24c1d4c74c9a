"""HTML to PDF with WeasyPrint: same input, same bytes; tagged, fonts embedded, nothing fetched from outside."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Paper:
    """A document before it is set: a whole HTML page and the pictures it names as `memory:<name>`."""

    html: str
    title: str
    pictures: Mapping[str, str] = field(default_factory=dict)
