"""Reading a mail as it came (RFC 5322, MIME): who, what, in answer to what, written by a person or by a machine. Pure.

Mails are hostile or broken now and then, so nothing here trusts a header to be readable, and everything is bounded.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import getaddresses, parseaddr
from hashlib import sha256
from typing import Any

from customers.html_text import text_of_html
from customers.mail_quotes import split_quoted

MOST_LETTERS = 20_000
MOST_BODY = 200_000
MOST_PARTS = 100
MOST_IDS = 50
MOST_HEADER = 8_000
MOST_HEAD_BYTES = 256 * 1024
_BULK = frozenset({"bulk", "junk", "list", "auto_reply", "auto-reply"})
_MACHINES = re.compile(r"^(mailer-daemon|postmaster|no-?reply|do-?not-?reply|bounces?)([+.@-]|$)", re.IGNORECASE)
_MESSAGE_ID: re.Pattern[str] = re.compile(r"<[^<>\s]{1,250}>")


class NotAMail(ValueError):
    """The bytes cannot be read as a mail; the sentence says why."""


@dataclass(frozen=True)
class MailFile:
    name: str
    content: bytes


@dataclass(frozen=True)
class Mail:
    """`message_id` is the sender's, or one made of what the mail says, so that the same mail is the same.

    `machine`: why a machine wrote it ("" for people). `to`: every address it was sent or delivered to.
    """

    message_id: str
    sender: str
    sender_name: str
    subject: str
    text: str
    quoted: str
    to: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    files: tuple[MailFile, ...] = ()
    machine: str = ""
    language: str = ""


def read_mail(raw: bytes) -> Mail:
    """Understand a mail. Raises NotAMail for bytes that hold no sender or no end of nesting."""
    if len(re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[0]) > MOST_HEAD_BYTES:
        raise NotAMail("The head of the mail is longer than any mail's")
    try:
        message = message_from_bytes(raw, policy=policy.default)
        parts = list(_leaves(message))
    except RecursionError:
        raise NotAMail("The mail is nested too deeply") from None
    name, address = _sender(message)
    if not address:
        raise NotAMail("The mail names no sender")
    body = _body(parts)[:MOST_BODY]
    text, quoted = split_quoted(body)
    subject = _line(_header(message, "Subject"))[:200]
    return Mail(
        message_id=_identity(message, address, subject, body),
        sender=address,
        sender_name=name[:120],
        subject=subject,
        text=text[:MOST_LETTERS],
        quoted=quoted[:MOST_LETTERS],
        to=_recipients(message),
        answers=_answers(message),
        files=tuple(_files(parts)),
        machine=_machine(message, address),
        language=_line(_header(message, "Content-Language")).split(",")[0].strip().lower()[:10],
    )


def clean(text: str) -> str:
    """Text every database keeps: no zeros or other control characters, no half characters."""
    whole = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace").decode()
    return "".join(letter for letter in whole if letter in "\n\t" or (ord(letter) >= 32 and ord(letter) != 127))


def _line(text: str) -> str:
    return " ".join(clean(text).split())


def _header(message: Any, name: str) -> str:
    """The first header of that name, in words."""
    return next(iter(_headers(message, name)), "")


def _headers(message: Any, name: str) -> list[str]:
    return [_words(raw) for raw in _raw_headers(message, name)]


def _words(raw: str) -> str:
    """Encoded words decoded, or the header as it stands when it is too broken for that."""
    try:
        return str(make_header(decode_header(raw)))
    except Exception:
        return raw


def _raw_headers(message: Any, name: str) -> list[str]:
    """As they came, without the library's parsing of them, which long headers can keep busy for minutes."""
    found = [str(value) for key, value in message.raw_items() if key.lower() == name.lower()]
    return [_whole(value)[:MOST_HEADER] for value in found[:MOST_IDS]]


def _whole(text: str) -> str:
    """Bytes that were no ASCII, read as UTF-8."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _sender(message: Any) -> tuple[str, str]:
    """Reply-To is not asked: answers go to who wrote, never to whom the mail names."""
    for name in ("From", "Sender"):
        raw = next(iter(_raw_headers(message, name)), "")
        words, address = parseaddr(" ".join(raw.split()))
        if "@" in address and " " not in address and len(address) <= 254:
            local, _at, domain = address.rpartition("@")
            return _line(_words(words)), clean(f"{local}@{domain.lower()}")
    return "", ""


def _recipients(message: Any) -> tuple[str, ...]:
    names = ("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To", "X-Forwarded-To")
    lines = [_line(value) for name in names for value in _headers(message, name)]
    found = [address.lower() for _words, address in getaddresses(lines) if "@" in address]
    return tuple(dict.fromkeys(found))[:MOST_IDS]


def _answers(message: Any) -> tuple[str, ...]:
    """What it answers, nearest first."""
    direct = _MESSAGE_ID.findall(_raw_line(message, "In-Reply-To"))
    chain = _MESSAGE_ID.findall(_raw_line(message, "References"))
    return tuple(dict.fromkeys([*direct, *reversed(chain)]))[:MOST_IDS]


def _raw_line(message: Any, name: str) -> str:
    return " ".join(clean(next(iter(_raw_headers(message, name)), "")).split())


def _identity(message: Any, address: str, subject: str, body: str) -> str:
    found: list[str] = _MESSAGE_ID.findall(_raw_line(message, "Message-ID"))
    if found:
        return found[0][:255]
    said = "\n".join((address, _raw_line(message, "Date"), subject, body))
    return f"<{sha256(said.encode()).hexdigest()[:40]}@no-id.invalid>"


def _machine(message: Any, address: str) -> str:
    """Why a machine wrote it (RFC 3834): such mails are kept and never answered."""
    submitted = _line(_header(message, "Auto-Submitted")).lower().split(";")[0].strip()
    if message.get_content_type() == "multipart/report" or _raw_line(message, "Return-Path") == "<>":
        return "bounce"
    if submitted and submitted != "no":
        return f"Auto-Submitted: {submitted}"[:80]
    if _line(_header(message, "Precedence")).lower() in _BULK:
        return "Precedence: bulk"
    if _header(message, "X-Autoreply") or _header(message, "X-Autorespond") or _header(message, "X-Loop"):
        return "automatic reply"
    if _header(message, "List-Id") or _header(message, "List-Unsubscribe"):
        return "mailing list"
    return "machine address" if _MACHINES.match(address) else ""


def _leaves(message: Any) -> Iterator[Any]:
    """Parts that are no containers, a hundred at most; a forwarded mail is one part."""
    waiting, seen = [message], 0
    while waiting and seen < MOST_PARTS:
        part = waiting.pop(0)
        seen += 1
        if part.get_content_maintype() == "multipart" and part.is_multipart():
            waiting[:0] = part.get_payload()
        else:
            yield part


def _is_file(part: Any) -> bool:
    if part.get_content_disposition() == "attachment":
        return True
    return bool(_file_name(part)) or part.get_content_maintype() not in ("text", "multipart")


def _body(parts: list[Any]) -> str:
    """The plain text, else the text of the HTML."""
    texts = [part for part in parts if not _is_file(part)]
    plain = [_text(part) for part in texts if part.get_content_type() == "text/plain"]
    said = "\n\n".join(text for text in plain if text.strip())
    if said:
        return clean(said).strip()
    html = [_text(part) for part in texts if part.get_content_type() == "text/html"]
    return clean(text_of_html("\n".join(html))).strip()


def _text(part: Any) -> str:
    """Decoded as it says; a wrong or unknown character set is read as UTF-8, else as Latin."""
    content = _bytes(part)
    for charset in (part.get_content_charset() or "utf-8", "utf-8", "cp1252"):
        try:
            return content.decode(charset)
        except (LookupError, UnicodeDecodeError):
            continue
    return content.decode("utf-8", "replace")


def _bytes(part: Any) -> bytes:
    try:
        content = part.get_payload(decode=True)
    except Exception:
        return b""
    return content if isinstance(content, bytes) else b""


def _file_name(part: Any) -> str:
    try:
        return _line(part.get_filename() or "")
    except Exception:
        return ""


def _forwarded(part: Any) -> bytes:
    inner = part.get_payload()
    try:
        return inner[0].as_bytes() if inner and isinstance(inner[0], EmailMessage) else b""
    except Exception:
        return b""


def _files(parts: list[Any]) -> Iterator[MailFile]:
    for part in parts:
        if not _is_file(part):
            continue
        if part.get_content_type() == "message/rfc822":
            yield MailFile("forwarded.txt", _forwarded(part))
        elif content := _bytes(part):
            ending = part.get_content_subtype().replace("jpeg", "jpg")
            yield MailFile(_file_name(part) or f"file.{ending}", content)
