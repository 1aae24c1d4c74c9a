from typing import Any


def play_live(*a: Any, **k: Any) -> None: ...
