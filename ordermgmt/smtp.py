"""Django's SMTP backend with a total deadline: a server that drips bytes cannot hold a worker."""

import os
import smtplib
import socket
import threading
from typing import Any

from django.conf import settings
from django.core.mail.backends.smtp import EmailBackend


class _Deadline(smtplib.SMTP):
    """Cuts the connection when the whole conversation has taken too long.

    The timeout of a socket only measures the pause between two bytes. The duplicate of the
    descriptor still reaches the connection while TLS is being set up.
    """

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        raw = socket.create_connection((host, port), timeout, self.source_address)
        self._line = socket.socket(fileno=os.dup(raw.fileno()))
        self._timer = threading.Timer(settings.EMAIL_DEADLINE, _cut, [self._line])
        self._timer.daemon = True
        self._timer.start()
        return self._wrapped(raw, host)

    def _wrapped(self, raw: socket.socket, host: str) -> socket.socket:
        return raw

    def close(self) -> None:
        super().close()
        if timer := getattr(self, "_timer", None):
            timer.cancel()
            self._line.close()


class _SecureDeadline(_Deadline, smtplib.SMTP_SSL):
    def _wrapped(self, raw: socket.socket, host: str) -> socket.socket:
        return self.context.wrap_socket(raw, server_hostname=host)


def _cut(line: socket.socket) -> None:
    try:
        line.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


class DeadlineEmailBackend(EmailBackend):
    @property
    def connection_class(self) -> Any:
        return _SecureDeadline if self.use_ssl else _Deadline
