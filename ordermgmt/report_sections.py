"""Parts of the dashboard beside the tiles: each answers a question with a chart or a table. Apps register theirs.

A part is a function of what is asked; it gives the context of its template, or None where it has nothing to say.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ordermgmt.report_forms import Question

Builder = Callable[[Question], dict[str, Any] | None]


@dataclass(frozen=True)
class Section:
    name: str
    template: str
    rank: int
    build: Builder


REGISTRY: dict[str, Section] = {}


def report_section(name: str, *, template: str, rank: int) -> Callable[[Builder], Builder]:
    """Register a part of the dashboard; `rank` orders them."""

    def register(build: Builder) -> Builder:
        REGISTRY[name] = Section(name, template, rank, build)
        return build

    return register


def sections(question: Question) -> list[dict[str, Any]]:
    """Those that have something to say, with their template."""
    found = []
    for section in sorted(REGISTRY.values(), key=lambda one: one.rank):
        context = section.build(question)
        if context is not None:
            found.append({"name": section.name, "template": section.template, **context})
    return found
