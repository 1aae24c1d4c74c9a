"""Real SMTP servers for tests: one that works, and small ones that misbehave."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.message import Message
from typing import Any

from aiosmtpd.controller import Controller


class Keeper:
    """Keeps what it was sent; refuses addresses as told."""

    def __init__(self, answers: list[str] | None = None) -> None:
        self.mails: list[Message] = []
        self.answers = answers or []

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if self.answers:
            answer = self.answers.pop(0)
            if not answer.startswith("250"):
                return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.mails.append(message_from_bytes(envelope.content))
        return "250 Taken"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def working(answers: list[str] | None = None) -> Iterator[tuple[int, Keeper]]:
    keeper, port = Keeper(answers), free_port()
    controller = Controller(keeper, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield port, keeper
    finally:
        controller.stop()


@contextlib.contextmanager
def misbehaving(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server whose whole conversation is `talk`."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.2)
    ends = threading.Event()

    def serve() -> None:
        while not ends.is_set():
            with contextlib.suppress(OSError):
                peer, _ = listener.accept()
                with peer:
                    peer.settimeout(5)
                    talk(peer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        ends.set()
        thread.join(10)
        listener.close()


def hang(peer: socket.socket) -> None:
    with contextlib.suppress(OSError):
        peer.recv(1)


def drip(peer: socket.socket) -> None:
    """One byte at a time, never a whole line."""
    with contextlib.suppress(OSError):
        for _ in range(50):
            peer.sendall(b"2")
            time.sleep(0.1)


def drop_after_data(peer: socket.socket) -> None:
    """Takes the whole mail, then ends the connection without an answer."""
    lines = peer.makefile("rb")
    peer.sendall(b"220 ready\r\n")
    for line in lines:
        verb = line[:4].upper()
        if verb == b"DATA":
            peer.sendall(b"354 go on\r\n")
            while lines.readline() != b".\r\n":
                continue
            return
        peer.sendall(b"250 fine\r\n")
