"""The document: from its text to the tokens of each displayed equation. It knows no formula."""

from bptt.proofread.document._brackets import find_relations
from bptt.proofread.document._displays import find_displays
from bptt.proofread.document._equations import Equation, extract_equations
from bptt.proofread.document._macros import collect_macros
from bptt.proofread.document._tokens import DELIMITERS, Token, is_number, tokenize

__all__ = [
    "DELIMITERS", "Equation", "Token", "collect_macros", "extract_equations", "find_displays", "find_relations",
    "is_number", "tokenize",
]  # fmt: skip
