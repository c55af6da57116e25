"""Write a syntax tree as LaTeX that parses to the same tree."""

from collections.abc import Sequence
from dataclasses import fields
from fractions import Fraction
from itertools import pairwise

from bptt.proofread._gradient_names import SIGNS, split_name
from bptt.proofread.syntax import FUNCTIONS, tree
from bptt.proofread.syntax.tree import Node, Symbol, is_bare

_TEMPLATES: dict[type[Node], str] = {
    tree.Words: r"\text{{{text}}}",
    tree.Dots: r"\ldots",
    tree.Negative: "-{term}",
    tree.Quotient: r"\frac{{{over}}}{{{under}}}",
    tree.Relation: "{left} {sign} {right}",
    tree.At: r"\left. {of} \right|_{{{where}}}",
    tree.Application: "{function}({arguments})",
}
_COMMANDS = FUNCTIONS - {"argmax", "argmin"}  # the words that LaTeX has a command for
_WORDS = ("tr", "Tr", "ln", "tan")  # what letters must not spell that stand for themselves
_SIGNS = "*+-:"
_BRACKETS = {
    "(": "()", "[": "[]", "{": "{}", r"\{": (r"\{", r"\}"), "<": (r"\langle ", r" \rangle"),
    r"\lfloor": (r"\lfloor ", r" \rfloor"), r"\lceil": (r"\lceil ", r" \rceil"), "|": (r"\lvert ", r" \rvert"),
    "‖": (r"\lVert ", r" \rVert"),
}  # fmt: skip
_CLOSED = (
    tree.Bracket, tree.Number, tree.Quotient, tree.Derivative, tree.Root, tree.Words, tree.Dots, tree.Grid,
)  # fmt: skip  # what bears scripts without braces around it


def write_latex(node: Node) -> str:
    """Write a formula as LaTeX.

    What the tree does not have is written in one way: brackets without a size, a ∂ for the d of a derivative. An
    `Application`, which no parser makes, is written as its function with a bracket.
    """
    match node:
        case tree.Number():
            return _write_number(node.value)
        case Symbol():
            return _write_name(node.name) + "'" * node.primes + _write_scripts(node)
        case tree.Bracket():
            opening, closing = _BRACKETS[node.kind]
            return opening + _write_entries(node) + closing
        case tree.Scripted():
            base = write_latex(node.base)
            return (
                (base if isinstance(node.base, _CLOSED) else f"{{{base}}}") + "'" * node.primes + _write_scripts(node)
            )
        case tree.Sum():
            return write_latex(node.terms[0]) + "".join(map(_write_term, node.terms[1:]))
        case tree.Product():
            return _write_product(node)
        case tree.Derivative():
            of = "" if node.of is None else f" {write_latex(node.of)}"
            by = " ".join(rf"\partial {write_latex(one)}" for one in node.by)
            return rf"\frac{{\partial{_write_marks(len(node.by), node.immediate)}{of}}}{{{by}}}"
        case tree.Differential():
            return node.sign + _write_marks(node.order, node.immediate)
        case tree.Nabla():
            by = "" if node.by is None else f"_{{{write_latex(node.by)}}}"
            return rf"\nabla{by}{_write_marks(node.order)}"
        case tree.Big():
            return _write_name(node.operator) + _write_scripts(node)
        case tree.Root():
            degree = "" if node.degree is None else f"[{write_latex(node.degree)}]"
            return rf"\sqrt{degree}{{{write_latex(node.radicand)}}}"
        case tree.Cases():
            return _write_environment("cases", [[write_latex(value), _list(beside)] for value, beside in node.rows])
        case tree.Grid():
            return _write_environment("pmatrix", [list(map(write_latex, row)) for row in node.rows])
    return _TEMPLATES[type(node)].format_map({one.name: _write_field(getattr(node, one.name)) for one in fields(node)})


def _write_field(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(write_latex, value))
    return write_latex(value) if isinstance(value, Node) else str(value)


def _write_number(value: Fraction) -> str:
    """Write a number as the decimal that it was read from."""
    digits = 0
    while (value * 10**digits).denominator != 1:
        digits += 1
    whole, part = divmod(int(value * 10**digits), 10**digits)
    return f"{whole}.{part:0{digits}}" if digits else str(whole)


def _write_name(name: str) -> str:
    if name == tree.UPRIGHT_PI:
        return r"\pi"
    if name in _COMMANDS:
        return f"\\{name}"
    sign, inner = split_name(name)
    if sign in SIGNS:
        return f"{sign} {_write_name(inner)}"
    if name[0] == "\\" or len(name) == 1:
        return name.replace(r"\mathbf{\\"[:-1], r"\boldsymbol{\\"[:-1])  # which LaTeX has in bold only so
    return rf"\operatorname{{{name}}}" if name.isalpha() else rf"\text{{{name}}}"


def _write_scripts(node: Symbol | tree.Scripted | tree.Big) -> str:
    written = ((sign, _write_items(items)) for sign, items in (("_", node.below), ("^", node.above)) if items)
    return "".join(f"{sign}{text}" if len(text) == 1 else f"{sign}{{{text}}}" for sign, text in written)


def _write_items(items: Sequence[Node]) -> str:
    """Write the items of a script: side by side where each is a letter, else behind commas."""
    letters = [item.name for item in items if is_bare(item)]
    if len(letters) < len(items) or any(len(letter) > 1 and letter[0] != "\\" for letter in letters):
        return ",".join(map(write_latex, items)).replace(" - ", "-").replace(" + ", "+").replace(" = ", "=")
    if set(letters) & set(_SIGNS) or "".join(letters) in _WORDS:
        return ",".join(letters)
    commands = any(one[0] == "\\" and after.isalpha() for one, after in pairwise(letters))
    return (" " if commands else "").join(letters)


def _write_term(term: Node) -> str:
    return f" - {write_latex(term.term)}" if isinstance(term, tree.Negative) else f" + {write_latex(term)}"


def _write_product(node: tree.Product) -> str:
    written = write_latex(node.factors[0])
    for before, operator, factor in zip(node.factors, node.operators, node.factors[1:], strict=False):
        applied = isinstance(before, Symbol) and isinstance(factor, tree.Bracket) and factor.kind in ("(", "[")
        written += (f" {operator} " if operator else "" if applied else " ") + write_latex(factor)
    return written


def _write_entries(node: tree.Bracket) -> str:
    marks = [r" \mid " if mark == "|" else f"{mark} " for mark in node.separators]
    return "".join(write_latex(entry) + mark for entry, mark in zip(node.entries, [*marks, ""], strict=False)).rstrip()


def _list(nodes: Sequence[Node]) -> str:
    """Write what stands beside a case: words and conditions."""
    written = ""
    for node in nodes:
        written += write_latex(node) + (" " if isinstance(node, tree.Words) else ", ")
    return written.rstrip(", ")


def _write_marks(order: int, immediate: bool = False) -> str:
    marks = [str(order)] * (order > 1) + ["+"] * immediate
    return f"^{{{','.join(marks)}}}" if marks else ""


def _write_environment(name: str, rows: Sequence[Sequence[str]]) -> str:
    content = r" \\ ".join(" & ".join(row).rstrip(" &") for row in rows)
    return rf"\begin{{{name}}} {content} \end{{{name}}}"
