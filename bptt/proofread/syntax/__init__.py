"""The grammar: from the tokens of a formula to its syntax tree. It knows LaTeX, and no symbol's meaning."""

from bptt.proofread.syntax.tree import parsed

__all__ = ["parsed"]
