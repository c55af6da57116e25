"""Semantics: what a formula stands for, by the symbols of a glossary and the definitions of a document.

_glossary             a glossary read from TOML, or the default one, post.toml
_latex                the symbols and equations that stand in it
_notation             what the scripts of a symbol say: a step, indices, a transpose, a power
_symbols              which quantity a symbol is
_vocabulary           all that is known: symbols, functions, definitions
_interpretation       what an equation leaves to convention, and what was taken
_values               vectors and matrices without letters for their axes
_scope, _elaborate    from a syntax tree to an index expression
_implied_sums         the sums that nobody writes
_refusals             why an equation claims nothing
_ranges               what each index runs over
_claims               what an equation claims
_dependencies         which definitions need which
_definitions          an equation taken for a definition
_fold                 quantities that are named after their use
_collect_definitions  which equations of a document are definitions
"""

from bptt.proofread.semantics._claims import SILENT, state_claim, state_function_claim
from bptt.proofread.semantics._collect_definitions import Candidate, collect_definitions
from bptt.proofread.semantics._definitions import Circular, build_vocabulary, find_line, find_target, get_parameters
from bptt.proofread.semantics._glossary import Glossary, GlossaryError, read_default_glossary, read_glossary
from bptt.proofread.semantics._interpretation import LAYOUT, MOST_INTERPRETATIONS, Choice, Convention, Interpretation
from bptt.proofread.semantics._refusals import REFUSALS, Misfit, OrdersDiffer
from bptt.proofread.semantics._vocabulary import Vocabulary, is_standard

__all__ = [
    "LAYOUT", "MOST_INTERPRETATIONS", "REFUSALS", "SILENT", "Candidate", "Choice", "Circular", "Convention", "Glossary",
    "GlossaryError", "Interpretation", "Misfit", "OrdersDiffer", "Vocabulary", "build_vocabulary",
    "collect_definitions", "find_line", "find_target", "get_parameters", "is_standard", "read_default_glossary",
    "read_glossary", "state_claim", "state_function_claim",
]  # fmt: skip
