"""What check, hint, solution and progress show: HTML in a notebook, the same in plain text in a terminal."""

import html
import re
import sys
from dataclasses import dataclass

_STYLE = {
    # Okabe and Ito's colours, which stay apart for colour-blind readers; the sign before the text says the same.
    "good": "border-left:5px solid #009E73;",
    "bad": "border-left:5px solid #D55E00;",
    "open": "border-left:5px solid #0072B2;",
}


# Colours of the text come from the notebook's theme. In a narrow window long words break, and wide tables scroll.
_BOX = "padding:.3em .8em;margin:.2em 0;max-width:60em;overflow-wrap:break-word;overflow-x:auto"
_CODE = "white-space:pre-wrap;word-break:normal;overflow-wrap:anywhere"
_TABLE = '<table style="margin:.4em 0 0 0">{}<tbody>{}</tbody></table>'


@dataclass(frozen=True)
class Message:
    """A heading and blocks under it.

    Attributes:
        tone: "good", "bad" or "open".
        heading: one line, which starts with its sign (✓, ✗, …).
        blocks: pairs (kind, content): ("text", str), ("code", str), ("table", list of rows of str; the first is the head).
    """

    tone: str
    heading: str
    blocks: tuple = ()

    def text(self):
        """The message for a terminal."""
        lines = [self.heading]
        for kind, content in self.blocks:
            if kind == "text":
                lines.append("  " + content)
            elif kind == "code":
                lines += ["    " + line for line in content.splitlines()]
            else:
                lines += _text_table(content)
        return "\n".join(lines)

    def html(self):
        """The message for a notebook; everything in it is escaped, and what stands between backticks is set as code."""
        parts = [f"<strong>{html.escape(self.heading)}</strong>"]
        for kind, content in self.blocks:
            if kind == "text":
                parts.append(f'<div style="margin-top:.4em">{_prose(content)}</div>')
            elif kind == "code":
                parts.append(f'<pre style="margin:.4em 0 0 1em;{_CODE}">{html.escape(content)}</pre>')
            else:
                parts.append(_html_table(content))
        return f'<div role="status" style="{_STYLE[self.tone]}{_BOX}">{"".join(parts)}</div>'

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/plain": self.text(), "text/html": self.html()}

    def __repr__(self):
        return self.text()

    def show(self):
        """Display it where the attendee is: in the notebook's cell, or on the terminal."""
        if "IPython" in sys.modules:
            from IPython import get_ipython
            from IPython.display import display

            if get_ipython() is not None:
                display(self)
                return
        encoding = sys.stdout.encoding or "utf-8"  # a terminal may know no ✓
        print(self.text().encode(encoding, "replace").decode(encoding))


def _text_table(rows):
    columns = list(zip(*rows))
    widths = [max(len(cell.splitlines()[0]) if cell else 0 for cell in column) for column in columns]
    indent = " " * (2 + sum(width + 2 for width in widths[:-1]))
    lines = []
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row[:-1], widths)]
        last = ("\n" + indent).join(row[-1].splitlines()) if row[-1] else ""
        lines.append(("  " + "  ".join([*cells, last])).rstrip())
    return lines


def _prose(text):
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))


def _html_table(rows):
    """A table with a head is words; one without is facts: what each is called, and the value as code."""
    head, *body = rows
    style = "text-align:left;vertical-align:top;padding:.1em .8em .1em 0"

    def cell(text, scope=None):
        if not scope or not text:  # a heading without words would be announced as nothing
            return f'<td style="{style}">{text}</td>'
        weight = ";font-weight:normal" if scope == "row" else ""
        return f'<th scope="{scope}" style="{style}{weight}">{text}</th>'

    if any(head):
        header = "".join(cell(html.escape(text), "col") for text in head)
        lines = ["".join(cell(html.escape(text)) for text in row) for row in body]
        return _TABLE.format(f"<thead><tr>{header}</tr></thead>", "".join(f"<tr>{line}</tr>" for line in lines))
    lines = []
    for *names, value in body:
        code = f'<code style="{_CODE}">{html.escape(value)}</code>'
        lines.append("".join(cell(html.escape(name), "row") for name in names) + cell(code))
    return _TABLE.format("", "".join(f"<tr>{line}</tr>" for line in lines))
