"""A wedge scanner for browser tests: real keys whose clock does not depend on how busy the machine is."""

import time
from typing import Any

US = {"-": "Minus", "_": "Minus", "]": "BracketRight", " ": "Space", ".": "Period", "/": "Slash"}
SHIFT = 8
ENTER = {"key": "Enter", "code": "Enter", "text": "\r", "windowsVirtualKeyCode": 13}
# The same keys inside the page, one right after another: nothing else of the page runs between them.
AT_ONCE = """(keys) => {
  for (const key of keys) {
    const target = document.activeElement ?? document.body;
    target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  }
}"""


def scan(page: Any, *codes: str, ms: float = 8) -> None:
    """Types each code with `ms` milliseconds from key to key by the clock of the keyboard, and Enter."""
    session = page.context.new_cdp_session(page)
    at = time.time()
    for code in codes:
        for key in [*map(_key, code), ENTER]:
            session.send("Input.dispatchKeyEvent", {"type": "keyDown", "timestamp": at, **key})
            session.send("Input.dispatchKeyEvent", {"type": "keyUp", "timestamp": at, **key, "text": ""})
            at += ms / 1000
        at = max(at, time.time())
    session.detach()


def _key(letter: str) -> dict[str, Any]:
    place = f"Digit{letter}" if letter.isdigit() else US.get(letter, f"Key{letter.upper()}")
    held = SHIFT if letter.isupper() or letter == "_" else 0
    return {"key": letter, "code": place, "text": letter, "modifiers": held}


def scan_at_once(page: Any, *codes: str, end: bool = True) -> None:
    """Scans one right after another: the page gets no moment between the first key and the last."""
    page.evaluate(AT_ONCE, [key for code in codes for key in [*code, *(["Enter"] if end else [])]])


def settled(page: Any) -> None:
    """Until the server has answered every scan."""
    page.wait_for_selector("body[data-waiting='0']")
