"""The document: from its text to the equations that stand in it and what is stated beside them. It knows no formula."""

from bptt.proofread.document._document import Document, Sentence, read_document
from bptt.proofread.document._equations import Equation
from bptt.proofread.document._groups import cut_equation, find_relations
from bptt.proofread.document._passages import FORMULA
from bptt.proofread.document._relations import RELATIONS, SILENT, SPACING, Kind
from bptt.proofread.document._tokens import DELIMITERS, Token, is_number, spell, tokenize

__all__ = [
    "DELIMITERS", "FORMULA", "RELATIONS", "SILENT", "SPACING", "Document", "Equation", "Kind", "Sentence",
    "Token", "cut_equation", "find_relations", "is_number", "read_document", "spell", "tokenize",
]  # fmt: skip
