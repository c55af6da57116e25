"""The grammar: from the tokens of a formula to its syntax tree. It knows LaTeX, and no symbol's meaning.

tree            the nodes of a syntax tree
_lexer          what each token is in the grammar, latex.lark
_parser         from tokens to a tree
_pieces         what a term is put together from
_terms          which factor takes which
_differentials  the ∂ or d of a derivative
"""

from bptt.proofread.syntax._parser import parse
from bptt.proofread.syntax.tree import Node, Place, Symbol, Unreadable

__all__ = ["Node", "Place", "Symbol", "Unreadable", "parse"]
