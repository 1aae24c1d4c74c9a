"""The words of an HTML mail, without its markup: what was written, in lines, and where its links go. Pure."""

import re
from html.parser import HTMLParser

from lxml.etree import ParserError
from lxml.html import HTMLParser as HTMLParserOfLxml
from lxml.html import document_fromstring, tostring

# Quotes of quotes beyond this are shown alike: a mail of nothing but quotes must not grow without end.
DEEPEST = 10
_SILENT = frozenset({"script", "style", "head", "title", "template", "object", "svg"})
_LINES = frozenset({"p", "div", "br", "tr", "li", "h1", "h2", "h3", "h4", "h5", "h6", "table", "ul", "ol", "blockquote", "hr", "section", "article", "pre"})  # fmt: skip
_APART = frozenset({"p", "h1", "h2", "h3", "table", "blockquote", "ul", "ol"})


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.silent = 0
        self.quoted = 0
        self.link = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self.silent += 1
        elif tag == "blockquote":
            self.quoted += 1
            self._break("\n\n")
        elif tag == "a":
            self.link = dict(attrs).get("href") or ""
        elif tag == "li":
            self._break("\n- ")
        elif tag in _LINES:
            self._break("\n\n" if tag in _APART else "\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self.silent = max(0, self.silent - 1)
        elif tag == "blockquote":
            self.quoted = max(0, self.quoted - 1)
            self._break("\n\n")
        elif tag == "a" and self.link.startswith(("http://", "https://")):
            said = "".join(self.found[-1:])
            if self.link.rstrip("/") not in said:
                self.found.append(f" <{self.link}>")
            self.link = ""
        elif tag in _LINES:
            self._break("\n\n" if tag in _APART else "\n")

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.found.append(re.sub(r"\s+", " ", data))

    def _break(self, mark: str) -> None:
        if not self.silent:
            self.found.append(mark + "> " * min(self.quoted, DEEPEST))


def text_of_html(html: str) -> str:
    """Words with their line ends; quoted blocks carry `> ` as they would in a plain mail."""
    reader = _Words()
    reader.feed(_well_formed(html))
    reader.close()
    lines = [re.sub(r"[ \t\xa0]+", " ", line).strip() for line in "".join(reader.found).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _well_formed(html: str) -> str:
    """As a browser would mend it, in one pass: unclosed tags would keep the reader above busy for hours."""
    parser = HTMLParserOfLxml(encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        tree = document_fromstring(html.encode("utf-8", "replace"), parser=parser)
    except (ParserError, ValueError):
        return ""
    return str(tostring(tree, encoding="unicode"))
