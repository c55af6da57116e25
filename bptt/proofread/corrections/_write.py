"""Write a syntax tree as LaTeX that parses to the same tree."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from bptt.proofread.syntax import tree
from bptt.proofread.syntax.tree import Node, Symbol

_COMMANDS = frozenset({
    "exp", "log", "sin", "cos", "tan", "tanh", "sinh", "cosh", "arctan", "arcsin", "arccos", "max", "min", "det", "lim",
    "sup", "inf", "sec", "coth", "cot", "Pr", "dim", "ker",
})  # fmt: skip  # the words that LaTeX has a command for
_WORDS = ("tr", "Tr", "ln", "tan")  # what letters must not spell that stand for themselves
_SIGNS = "*+-:"
_BRACKETS = {
    "(": ("(", ")"),
    "[": ("[", "]"),
    "{": ("{", "}"),
    r"\{": (r"\{", r"\}"),
    "<": (r"\langle ", r" \rangle"),
    r"\lfloor": (r"\lfloor ", r" \rfloor"),
    r"\lceil": (r"\lceil ", r" \rceil"),
    "|": (r"\lvert ", r" \rvert"),
    "‖": (r"\lVert ", r" \rVert"),
}


def write_latex(node: Node) -> str:
    """Write a formula as LaTeX.

    What the tree does not have is written in one way: brackets without a size, a ∂ for the d of a derivative. An
    `Application`, which no parser makes, is written as its function with a bracket.
    """
    match node:
        case tree.Number():
            return _write_number(node.value)
        case Symbol():
            return _write_name(node.name) + _write_scripts(node)
        case tree.Words():
            return rf"\text{{{node.text}}}"
        case tree.Dots():
            return r"\ldots"
        case tree.Bracket():
            opening, closing = _BRACKETS[node.kind]
            return opening + _write_entries(node.entries, node.separators) + closing
        case tree.Scripted():
            return _write_base(node.base) + _write_scripts(node)
        case tree.Sum():
            return " ".join(_write_term(term, first=not n) for n, term in enumerate(node.terms))
        case tree.Negative():
            return f"-{write_latex(node.term)}"
        case tree.Product():
            return _write_product(node)
        case tree.Quotient():
            return rf"\frac{{{write_latex(node.over)}}}{{{write_latex(node.under)}}}"
        case tree.Derivative():
            return _write_derivative(node)
        case tree.Differential():
            return node.sign + _write_marks(node.order, node.immediate)
        case tree.Nabla():
            by = "" if node.by is None else f"_{{{write_latex(node.by)}}}"
            return rf"\nabla{by}{'^{2}' if node.order == 2 else ''}"
        case tree.Big():
            return _write_name(node.operator) + _write_scripts(node)
        case tree.Root():
            degree = "" if node.degree is None else f"[{write_latex(node.degree)}]"
            return rf"\sqrt{degree}{{{write_latex(node.radicand)}}}"
        case tree.Relation():
            return f"{write_latex(node.left)} {node.sign} {write_latex(node.right)}"
        case tree.At():
            return rf"\left. {write_latex(node.of)} \right|_{{{', '.join(map(write_latex, node.where))}}}"
        case tree.Application():
            return f"{write_latex(node.function)}({', '.join(map(write_latex, node.arguments))})"
        case tree.Cases():
            return _write_environment(
                "cases", [f"{write_latex(value)} & {_list(beside)}" for value, beside in node.rows]
            )
        case tree.Grid():
            return _write_environment("pmatrix", [" & ".join(map(write_latex, row)) for row in node.rows])


def _write_number(value: Fraction) -> str:
    """Write a number as the decimal that it was read from."""
    digits = 0
    while (value * 10**digits).denominator != 1:
        digits += 1
    whole, part = divmod(int(value * 10**digits), 10**digits)
    return f"{whole}.{part:0{digits}}" if digits else str(whole)


def _write_name(name: str) -> str:
    if name in _COMMANDS:
        return f"\\{name}"
    if name[0] == "\\" or len(name) == 1:
        return name.replace(r"\mathbf{\\"[:-1], r"\boldsymbol{\\"[:-1])  # which LaTeX has in bold only so
    return rf"\operatorname{{{name}}}" if name.isalpha() else rf"\text{{{name}}}"


def _write_scripts(node: "Symbol | tree.Scripted | tree.Big") -> str:
    primes = "" if isinstance(node, tree.Big) else "'" * node.primes
    return primes + _write_script("_", node.below) + _write_script("^", node.above)


def _write_script(sign: str, items: Sequence[Node]) -> str:
    if not items:
        return ""
    written = _write_items(items)
    return f"{sign}{written}" if len(written) == 1 else f"{sign}{{{written}}}"


def _write_items(items: Sequence[Node]) -> str:
    """Write the items of a script: side by side where each is a letter, else behind commas."""
    letters = [
        item.name for item in items if isinstance(item, Symbol) and not (item.below or item.above or item.primes)
    ]
    if len(letters) < len(items) or any(len(letter) > 1 and letter[0] != "\\" for letter in letters):
        return ",".join(map(write_latex, items)).replace(" - ", "-").replace(" + ", "+").replace(" = ", "=")
    if set(letters) & set(_SIGNS):
        return ",".join(letters)
    run = "".join(letters)
    commands = any(one[0] == "\\" and after.isalpha() for one, after in pairwise(letters))
    return " ".join(letters) if commands else ",".join(letters) if run in _WORDS else run


def _write_base(base: Node) -> str:
    plain = isinstance(
        base,
        tree.Bracket | tree.Number | tree.Quotient | tree.Derivative | tree.Root | tree.Words | tree.Dots | tree.Grid,
    )
    return write_latex(base) if plain else f"{{{write_latex(base)}}}"


def _write_term(term: Node, first: bool) -> str:
    if isinstance(term, tree.Negative):
        return f"-{write_latex(term.term)}" if first else f"- {write_latex(term.term)}"
    return write_latex(term) if first else f"+ {write_latex(term)}"


def _write_product(node: tree.Product) -> str:
    written = write_latex(node.factors[0])
    for before, operator, factor in zip(node.factors, node.operators, node.factors[1:], strict=False):
        applied = isinstance(before, Symbol) and isinstance(factor, tree.Bracket) and factor.kind in ("(", "[")
        between = f" {operator} " if operator else "" if applied else " "
        written += between + write_latex(factor)
    return written


def _write_entries(entries: Sequence[Node], separators: Sequence[str]) -> str:
    marks = [r" \mid " if mark == "|" else f"{mark} " for mark in separators]
    return "".join(write_latex(entry) + (marks[n] if n < len(marks) else "") for n, entry in enumerate(entries)).rstrip(
        " "
    )


def _list(nodes: Sequence[Node]) -> str:
    """Write what stands beside a case: words and conditions."""
    written = ""
    for before, node in zip((None, *nodes), nodes, strict=False):
        between = "" if before is None else " " if isinstance(before, tree.Words) else ", "
        written += between + write_latex(node)
    return written


def _write_marks(order: int, immediate: bool) -> str:
    marks = [*([str(order)] if order > 1 else []), *(["+"] if immediate else [])]
    return f"^{{{','.join(marks)}}}" if marks else ""


def _write_derivative(node: tree.Derivative) -> str:
    of = "" if node.of is None else f" {write_latex(node.of)}"
    by = " ".join(rf"\partial {write_latex(one)}" for one in node.by)
    return rf"\frac{{\partial{_write_marks(len(node.by), node.immediate)}{of}}}{{{by}}}"


def _write_environment(name: str, rows: Sequence[str]) -> str:
    content = r" \\ ".join(row.rstrip(" &") for row in rows)
    return rf"\begin{{{name}}} {content} \end{{{name}}}"
