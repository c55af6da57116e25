"""The grammar: from the tokens of a formula to its syntax tree. It knows LaTeX, and no symbol's meaning."""

from bptt.proofread.syntax._nodes import (
    Adjacent,
    At,
    Bracket,
    Derivative,
    Differential,
    Negative,
    Node,
    Number,
    Place,
    Product,
    Quotient,
    Relation,
    Repeated,
    Root,
    Scripted,
    Sum,
    Symbol,
    Unreadable,
    nodes,
    written,
)
from bptt.proofread.syntax._parser import parse

__all__ = [
    "Adjacent", "At", "Bracket", "Derivative", "Differential", "Negative", "Node", "Number", "Place", "Product",
    "Quotient", "Relation", "Repeated", "Root", "Scripted", "Sum", "Symbol", "Unreadable", "nodes", "parse", "written",
]  # fmt: skip
