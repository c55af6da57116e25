"""The syntax: from the tokens of a formula to its syntax tree. It knows LaTeX, and no symbol's meaning.

tree           the nodes of a syntax tree
_lexer         what each token is
_cursor        the place among the lexemes, and the bars that are open there
_parser        from tokens to a tree: symbols, groups, brackets and bars, fractions, fonts
_terms         what stands side by side: entries, relations, sums, products, factors with their scripts
_environments  cases and matrices
_scripts       what stands below and above a symbol, and accents
_derivatives   the ∂ or d of a derivative
"""

from bptt.proofread.syntax._derivatives import is_mark, name_gradient
from bptt.proofread.syntax._lexer import FUNCTIONS
from bptt.proofread.syntax._parser import parse, parse_list
from bptt.proofread.syntax._scripts import merge_entry, merge_scripts
from bptt.proofread.syntax.tree import Node, Place, Symbol, Unreadable

__all__ = [
    "FUNCTIONS", "Node", "Place", "Symbol", "Unreadable", "is_mark", "merge_entry", "merge_scripts",
    "name_gradient", "parse",
    "parse_list",
]  # fmt: skip
