"""Markdown with mathematics and code, as HTML that needs nothing from anywhere."""

import functools
import html
import re

import ziamath
from latex2mathml.converter import convert as as_mathml
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

ziamath.config.svg2 = False  # every glyph as a path of its own: no ids, which would have to be unique on a page
_POINTS = 24  # formulas are drawn at this size, and scaled by the page


@functools.cache
def _markdown():
    markdown = MarkdownIt("commonmark", {"html": False, "typographer": False}).enable("table")
    dollarmath_plugin(markdown, allow_space=False, double_inline=False, renderer=_render_math)
    return markdown


def markdown(text):
    """Markdown as HTML. Formulas stand between dollars: $inline$, or $$on lines of their own$$."""
    return _markdown().render(text)


def inline(text):
    """The same for a piece of a line: no paragraph around it."""
    return _markdown().renderInline(text)


def _render_math(source, options):
    return formula(source.strip(), is_block=options.get("display_mode", False))


@functools.cache
def formula(source, is_block=False):
    """LaTeX as a drawing that looks the same everywhere, and beside it, for those who listen, as MathML."""
    drawn = ziamath.Latex(source, size=_POINTS, inline=not is_block)
    svg = drawn.svg()
    left, top, width, height = (float(number) for number in re.search(r'viewBox="([^"]+)"', svg)[1].split())
    style = f"width:{width / _POINTS:.3f}em;height:{height / _POINTS:.3f}em;vertical-align:{-(top + height) / _POINTS:.3f}em"
    paths = re.sub(r"(\d+\.\d\d)\d+", r"\1", svg[svg.index(">") + 1 :])
    svg = (
        f'<svg class="math" aria-hidden="true" viewBox="{left:g} {top:g} {width:g} {height:g}" style="{style}">{paths}'
    )
    kind = "block" if is_block else "inline"
    return f'<span class="formula {kind}"><span class="heard">{as_mathml(source, display=kind)}</span>{svg}</span>'


def code(source):
    """Python as highlighted HTML, a line a span."""
    marked = highlight(source, PythonLexer(), HtmlFormatter(nowrap=True))
    return f"<code>{marked.rstrip()}</code>"


def code_css():
    """The colours of highlighted code; each of them has a contrast of at least 4.5 to the page's grey."""
    colours = {
        "#00558a": ".k,.kn,.kd,.ow,.kc",
        "#7a3e00": ".mi,.mf,.mh,.s,.s1,.s2,.sd,.sa,.si",
        "#5b2c83": ".nf,.nc,.fm",
        "#595959": ".c1,.c",
        "#00634a": ".nb,.bp,.vm",
    }
    rules = [
        f"{','.join('pre ' + name for name in names.split(','))}{{color:{colour}}}" for colour, names in colours.items()
    ]
    return "\n".join([*rules, "pre .k, pre .kn, pre .nf, pre .nc { font-weight: bold }"])


def escape(text):
    return html.escape(text, quote=True)
