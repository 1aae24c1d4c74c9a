"""Draws docs/states.md from the tables of moves."""

from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand

from ordermgmt.states import Stateful

HEAD = "# States\n\nDrawn from the tables of moves by `manage.py draw_states`; a test compares.\n"


def diagrams() -> str:
    """Mermaid state diagrams of every state machine, by model name."""
    machines = [model for model in apps.get_models() if issubclass(model, Stateful)]
    return HEAD + "".join(_diagram(model) for model in sorted(machines, key=lambda model: model.__name__))


def _diagram(model: type[Stateful]) -> str:
    lines = [f"\n## {model.__name__}\n", "```mermaid", "stateDiagram-v2"]
    lines += [f"    {old} --> {new}" for old, targets in model.moves.items() for new in sorted(targets)]
    lines += [f"    {state} --> [*]" for state, targets in model.moves.items() if not targets]
    return "\n".join(lines) + "\n```\n"


class Command(BaseCommand):
    help = "Write docs/states.md from the tables of moves."

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(settings.BASE_DIR) / "docs" / "states.md"
        path.write_text(diagrams())
        self.stdout.write(f"Wrote {path.name}")
