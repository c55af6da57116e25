"""Texts to be read as documents, drawn by Hypothesis, and what is cut out of a text."""

from hypothesis import strategies as st

from bptt.proofread.document import Equation, collect_macros, extract_equations, find_displays
from bptt.proofread.document._displays import Display
from bptt.proofread.document._tokens import tokenize

PIECES = r"""
    $$ $ \[ \] \\[ \\] \\ \\[2pt] & &= = := < + - ( ) { } [ ] ^ _ x h_t \alpha 12 .5 0.5 . , ; % # > - 1. ` ``` ~~~
    ```math \begin{align} \end{align} \begin{aligned} \end{aligned} \begin{cases} \end{cases} \begin{verbatim}
    \end{verbatim} \begin \end \left \right \left( \right. \text \text{and} \text{if \label{ \tag* \boxed{ \underbrace{
    \overset \color{red} \textcolor \quad \, ~ \Rightarrow \therefore \intertext{ \substack{ \def\x#1{#1} \x
    \newcommand{\y}[1]{ \y \DeclareMathOperator{\z}{z} \z <!-- --> --- words and_more \frac \not \forall : \cr"""


BLANKS = [
    " ",
    "\n",
    "\r",
    "\r\n",
    "\n\n",
    "\t",
    "\0",
    "\ufeff",
    "\ud800",
    "\x85",
    "\u2028",
    "\\",
    "\\ ",
    "some words here",
]


fragments = st.lists(st.sampled_from(PIECES.split() + BLANKS) | st.text(max_size=3), max_size=40).map("".join)


anything = st.text() | fragments


def cut(text: str) -> list[Equation]:
    macros = collect_macros(text)
    return [equation for display in find_displays(text) for equation in extract_equations(display, macros)]


def stated(rows: str) -> list[str]:
    """The equations of a display with these rows; why not, where one could not be cut out."""
    return [equation.unreadable or equation.latex for equation in extract_equations(Display(1, 1, 1, rows), {})]


def texts(source: str) -> list[str]:
    return [token.text for token in tokenize(source, 1, 1)]
