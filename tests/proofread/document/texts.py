"""Texts to be read as documents, drawn by Hypothesis, and what is cut out of a text."""

from hypothesis import strategies as st

from bptt.proofread.document import Equation, Token, read_document, spell, tokenize
from bptt.proofread.document._equations import read_display
from bptt.proofread.document._passages import Passage

PIECES = r"""
    $$ $ \[ \] \\[ \\] \( \) \\ \\[2pt] & &= = := < + - ( ) { } [ ] ^ _ x h_t \alpha 12 .5 0.5 . , ; : % # > - 1. ` ```
    ~~~ ```math ```{math} :label: \begin{align} \end{align} \begin{aligned} \end{aligned} \begin{cases} \end{cases}
    \begin{verbatim} \end{verbatim} \begin \end \left \right \left( \right. \text \text{and} \text{if \label{ \tag*
    \boxed{ \underbrace{ \overset{!}{=} \overset \color{red} \textcolor \quad \, ~ \Rightarrow \therefore \intertext{
    \substack{ \def\x#1{#1} \x \newcommand{\y}[1]{ \y \DeclareMathOperator{\z}{z} \z <!-- --> --- words and_more \frac
    \not \forall \cr \text{for} \text{where} \dots \in <p> </p> <code> </code> <pre> </pre> | |-|-| \section{a} \iffalse
    \fi \begin{document} \end{document} \documentclass{a} \verb|a| .. math:: {"cells": *a* \_"""


BLANKS = [
    " ",
    "\n",
    "\r",
    "\r\n",
    "\n\n",
    "\t",
    "    ",
    "\0",
    "\ufeff",
    "\ud800",
    "\ufffc",
    "\x85",
    "\u2028",
    "\\",
    "\\ ",
    "some words here",
]


fragments = st.lists(st.sampled_from(PIECES.split() + BLANKS) | st.text(max_size=3), max_size=40).map("".join)


anything = st.text() | fragments


def cut(text: str) -> list[Equation]:
    return [equation for display in read_document(text).displays for equation in display]


def read_rows(rows: str) -> tuple[Equation, ...]:
    """Read a display with these rows."""
    return read_display(Passage(1, 1, rows), 1, {})


def stated(rows: str) -> list[str]:
    """The equations of a display with these rows; why not, where one could not be cut out."""
    return [equation.unreadable or equation.latex for equation in read_rows(rows)]


def sources(text: str) -> list[str]:
    """The equations of each display of a text, put together."""
    return ["; ".join(equation.latex for equation in display) for display in read_document(text).displays]


def texts(source: str) -> list[str]:
    return [token.text for token in tokenize(source, 1, 1)]


def spell_all(formulas: tuple[tuple[Token, ...], ...]) -> list[str]:
    return [spell(formula) for formula in formulas]
