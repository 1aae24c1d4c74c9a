"""Mails as they really come: encodings, parts, machines, quotes, and bytes meant to break the reader."""

from time import monotonic

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.html_text import text_of_html
from customers.mail_quotes import split_quoted
from customers.mail_reading import Mail, NotAMail, read_mail


def mail(body: str | bytes = "Where is it?", **headers: str) -> bytes:
    given = {"From": "Maria Lindqvist <maria@Customer.example>", "Subject": "Parcel", **{k.replace("_", "-"): v for k, v in headers.items()}}  # fmt: skip
    head = "".join(f"{name}: {value}\r\n" for name, value in given.items()).encode()
    return head + b"\r\n" + (body if isinstance(body, bytes) else body.encode())


def read(body: str | bytes = "Where is it?", **headers: str) -> Mail:
    return read_mail(mail(body, **headers))


def test_a_plain_mail() -> None:
    found = read(Message_ID="<a@b>", To="Shop <hello+t-00@shop.example>, x@y.example", In_Reply_To="<1@s>", References="<0@s>\r\n <1@s>")  # fmt: skip
    assert (found.sender, found.sender_name, found.subject) == ("maria@customer.example", "Maria Lindqvist", "Parcel")
    assert (found.text, found.message_id, found.machine) == ("Where is it?", "<a@b>", "")
    assert found.to == ("hello+t-00@shop.example", "x@y.example")
    assert found.answers == ("<1@s>", "<0@s>")


@pytest.mark.parametrize(
    ("content_type", "encoding", "body"),
    [
        ("text/plain; charset=utf-8", "quoted-printable", b"K=C3=A4ra =\r\nAna, tack s=C3=A5 mycket"),
        ("text/plain; charset=iso-8859-1", "8bit", "Kära Ana, tack så mycket".encode("latin-1")),
        ("text/plain; charset=utf-8", "base64", b"S8OkcmEgQW5hLCB0YWNrIHPDpSBteWNrZXQ="),
        ("text/plain; charset=nonsense-9", "8bit", "Kära Ana, tack så mycket".encode()),
        ("text/plain; charset=us-ascii", "8bit", "Kära Ana, tack så mycket".encode("cp1252")),
        ("text/plain", "8bit", "Kära Ana, tack så mycket".encode()),
    ],
)
def test_encodings_right_and_wrong(content_type: str, encoding: str, body: bytes) -> None:
    assert read(body, Content_Type=content_type, Content_Transfer_Encoding=encoding).text == "Kära Ana, tack så mycket"


def test_encoded_and_raw_headers() -> None:
    encoded = "=?utf-8?q?Sm=C3=B6rg=C3=A5s?= =?utf-8?b?w6TDtg==?="
    assert read(Subject=encoded).subject == "Smörgåsäö"
    assert read(Subject="Blåbär rå").subject == "Blåbär rå"
    assert read(Subject="=?utf-8?b?broken").subject == "=?utf-8?b?broken"
    assert read(Subject="=?x-unknown?q?abc?=").subject
    found = read(From="=?utf-8?q?Lindqvist=2C_Maria?= <maria@customer.example>")
    assert (found.sender_name, found.sender) == ("Lindqvist, Maria", "maria@customer.example")


MIXED = (
    b"--B\r\nContent-Type: multipart/alternative; boundary=A\r\n\r\n"
    b"--A\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nSee the picture\r\n"
    b"--A\r\nContent-Type: text/html\r\n\r\n<p>See the <b>picture</b></p>\r\n--A--\r\n"
    b"--B\r\nContent-Type: image/png\r\nContent-Disposition: attachment; filename*=utf-8''k%C3%B6k.png\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n"
    b"--B\r\nContent-Type: message/rfc822\r\n\r\nFrom: a@b.example\r\nSubject: Old\r\n\r\nForwarded words\r\n--B--\r\n"
)


def test_parts_of_a_mail() -> None:
    found = read(MIXED, Content_Type="multipart/mixed; boundary=B", MIME_Version="1.0")
    assert found.text == "See the picture"
    assert [file.name for file in found.files] == ["kök.png", "forwarded.txt"]
    assert found.files[0].content == b"\x89PNG\r\n\x1a\n"
    assert b"Forwarded words" in found.files[1].content


def test_html_alone_becomes_words() -> None:
    html = "<html><head><style>p{}</style></head><body><p>Hej&nbsp;Ana</p><div>Var <b>är</b><br>paketet?</div><script>alert(1)</script><ul><li>kaffe</li></ul><a href='https://x.example/'>här</a></body></html>"
    found = read(html, Content_Type="text/html; charset=utf-8")
    assert found.text == "Hej Ana\n\nVar är\npaketet?\n\n- kaffe\n\nhär <https://x.example/>"
    assert text_of_html("<p>a<p>b") == "a\n\nb"
    assert text_of_html("<scr<script>ipt>x") is not None


def test_the_same_mail_without_an_id_has_the_same_id() -> None:
    one, two = (
        mail(Date="Mon, 23 Nov 2026 09:00:00 +0100"),
        mail(Date="Mon, 23 Nov 2026 09:00:00 +0100", Received="by b"),
    )
    assert read_mail(one).message_id == read_mail(two).message_id
    assert read_mail(one).message_id.endswith("@no-id.invalid>")
    assert read("Other words").message_id != read().message_id
    assert read(Message_ID="not an id").message_id.endswith("@no-id.invalid>")


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "Auto-Generated; owner-email=x"},
        {"Precedence": "bulk"},
        {"Return_Path": "<>"},
        {"Content_Type": "multipart/report; report-type=delivery-status; boundary=b"},
        {"From": "Mail Delivery System <MAILER-DAEMON@mx.example>"},
        {"From": "no-reply@news.example"},
        {"List_Id": "<news.example>"},
        {"X_Autoreply": "yes"},
    ],
)
def test_machines_are_known_as_such(headers: dict[str, str]) -> None:
    assert read(**headers).machine


def test_people_are_no_machines() -> None:
    assert read(Auto_Submitted="no", Return_Path="<maria@customer.example>", From="norely@x.example").machine == ""


@pytest.mark.parametrize(
    "quoted",
    [
        "On Mon, 23 Nov 2026 at 10:00, Ana <hello@shop.example> wrote:\n> Hi Maria",
        "On Monday, 23 November 2026 at ten o'clock, Ana Berg of the shop\n<hello@shop.example> wrote:\n\n> Hi Maria",
        "Den mån 23 nov. 2026 kl 10:00 skrev Ana <hello@shop.example>:\n> Hej",
        "Am 23.11.2026 um 10:00 schrieb Ana:\n> Hallo",
        "Le lun. 23 nov. 2026 à 10:00, Ana a écrit :\n> Bonjour",
        "-----Original Message-----\nFrom: Ana\nHi Maria",
        "________________________________\nFrom: Ana\nSent: Monday\nHi",
        "From: Ana <hello@shop.example>\nSent: Monday, 23 November 2026\nTo: Maria\n\nHi",
        "> Hi Maria\n> it comes\n",
    ],
)
def test_what_is_repeated_is_folded(quoted: str) -> None:
    new, old = split_quoted(f"It did not come.\n\nMaria\n\n{quoted}")
    assert new == "It did not come.\n\nMaria"
    assert old == quoted.strip()


@pytest.mark.parametrize(
    "text",
    [
        "> only\n> quotes",
        "On it: I wrote twice.",
        "> When?\nOn Friday.\n> Where?\nAt home.",
        "On Mon, Ana wrote:\n> When?\nOn Friday.\n> Where?\nAt home.",
    ],
)
def test_what_answers_between_quotes_stays_whole(text: str) -> None:
    assert split_quoted(text) == (text, "")


def test_no_sender_is_no_mail() -> None:
    with pytest.raises(NotAMail, match="no sender"):
        read_mail(b"Subject: x\r\n\r\nHi")
    with pytest.raises(NotAMail):
        read_mail(b"")
    with pytest.raises(NotAMail, match="head"):
        read_mail(b"From: a@b.example\r\nX: " + b"x" * 300_000 + b"\r\n\r\nHi")


def test_nesting_without_end_ends() -> None:
    deep = b"From: a@b.example\r\n" + b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(3000)
    )
    try:
        sender = read_mail(deep).sender
    except NotAMail:
        sender = "a@b.example"
    assert sender == "a@b.example"


def test_zeros_and_half_characters_are_left_out() -> None:
    found = read(b"Hi\x00\x07 \xff there", Subject="a\x00b", Content_Type="text/plain; charset=utf-16-be-broken")
    assert "\x00" not in found.text + found.subject
    (found.text + found.subject).encode()


@pytest.mark.parametrize(
    "piece", ["\n", "\n \t", "on x\n", "from: a\n", "-", "_", " ", ">", "> \n", "> a\n", "den 1 skrev:x\n"]
)
def test_no_words_keep_the_reader_busy(piece: str) -> None:
    """What repeats something for ever is read as fast as anything: searches for quotes must not go back and forth."""
    started = monotonic()
    split_quoted("a" + piece * 40_000 + "b")
    assert monotonic() - started < 10


@pytest.mark.parametrize("piece", ["<a ", "<a href='", "<!--", "<", "</", "<p>", "&#"])
def test_no_markup_keeps_the_reader_busy(piece: str) -> None:
    started = monotonic()
    assert text_of_html("<p>Hello</p>" + piece * 60_000).startswith("Hello")
    assert monotonic() - started < 10


def test_quotes_of_quotes_do_not_grow_without_end() -> None:
    assert len(text_of_html("<blockquote>" * 50_000 + "hi")) < 2_000_000


def test_endless_words_are_cut() -> None:
    assert len(read("word " * 100_000).text) == 20_000


@given(st.binary(max_size=600))
def test_no_bytes_break_the_reader(noise: bytes) -> None:
    try:
        found = read_mail(b"From: a@b.example\r\n" + noise)
    except NotAMail:
        return
    (found.text + found.quoted + found.subject + found.sender_name).encode()
    assert "\x00" not in found.text
