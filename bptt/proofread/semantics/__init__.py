"""Semantics: what a formula stands for, by the symbols of a glossary and the definitions of a document.

_glossary             a glossary read from TOML, or the default one, post.toml
_latex                the symbols and equations that stand in it
_notation             what the scripts of a symbol say: a step, indices, a transpose, a power
_symbols              which quantity a symbol is
_vocabulary           all that is known: symbols, functions, definitions
_interpretation       what an equation leaves to convention, and what was taken
_values               numbers, vectors that stand or lie, and matrices
_scope, _elaborate    from a syntax tree to an index expression
_products             which factors an operator takes; in which order they are multiplied
_functions            what a symbol with a bracket behind it is
_calculus, _repeated  derivatives and differentials; sums and products
_implied_sums         the sums that nobody writes
_conditions, _prose   what is stated beside an equation, and in sentences
_refusals             why an equation claims nothing
_ranges               what each index runs over
_claims               what an equation claims; its letters that stand for any number
_paths                the definitions that it needs
_dependencies         which definitions need which
_definitions          an equation taken for a definition
_fold                 quantities that are named after their use
_unknown              losses that are defined nowhere
_uses                 which names each equation uses
_draft_page           the symbols of a document without a glossary
_draft_letters        its steps, sizes and indices
_draft_signs          its names, and their shapes
_draft_orders         how many axes its symbols have
_draft_ranges         what these range over
_draft                the glossary that is drafted of it
_collect_definitions  which equations of a document are definitions
"""

from bptt.proofread.semantics._calculus import has_differentials, names_differentials
from bptt.proofread.semantics._claims import SILENT, Equation, list_claims, state_claim, state_function_claim
from bptt.proofread.semantics._collect_definitions import (
    Collected,
    Role,
    collect_definitions,
    normalise_left,
)
from bptt.proofread.semantics._conditions import (
    Conditions,
    find_stated_properties,
    list_unequal,
    list_vanishing,
    read_conditions,
    read_property_statement,
)
from bptt.proofread.semantics._definitions import (
    NoDefinition,
    build_vocabulary,
    define,
    find_line,
    find_target,
    get_parameters,
)
from bptt.proofread.semantics._draft import Draft, blur, draft, make_numbers, turn
from bptt.proofread.semantics._draft_orders import Reading, Ways, list_ways
from bptt.proofread.semantics._draft_page import walk_symbols
from bptt.proofread.semantics._draft_signs import Signs
from bptt.proofread.semantics._glossary import Glossary, GlossaryError, read_default_glossary, read_glossary
from bptt.proofread.semantics._interpretation import LAYOUT, MOST_INTERPRETATIONS, Choice, Convention, Interpretation
from bptt.proofread.semantics._paths import find_unrelated
from bptt.proofread.semantics._prose import Statement, find_properties, list_entries, list_statements
from bptt.proofread.semantics._refusals import REFUSALS, Misfit, OrdersDiffer
from bptt.proofread.semantics._unknown import define_losses, introduce_losses
from bptt.proofread.semantics._uses import Candidate, find_denominators
from bptt.proofread.semantics._vocabulary import Vocabulary, is_standard

__all__ = [
    "LAYOUT",
    "MOST_INTERPRETATIONS",
    "REFUSALS",
    "SILENT",
    "Candidate",
    "Choice",
    "Collected",
    "Conditions",
    "Convention",
    "Draft",
    "Equation",
    "Glossary",
    "GlossaryError",
    "Interpretation",
    "Misfit",
    "NoDefinition",
    "OrdersDiffer",
    "Reading",
    "Role",
    "Signs",
    "Statement",
    "Vocabulary",
    "Ways",
    "blur",
    "build_vocabulary",
    "collect_definitions",
    "define",
    "define_losses",
    "draft",
    "find_denominators",
    "find_line",
    "find_properties",
    "find_stated_properties",
    "find_target",
    "find_unrelated",
    "get_parameters",
    "has_differentials",
    "introduce_losses",
    "is_standard",
    "list_claims",
    "list_entries",
    "list_statements",
    "list_unequal",
    "list_vanishing",
    "list_ways",
    "make_numbers",
    "names_differentials",
    "normalise_left",
    "read_conditions",
    "read_default_glossary",
    "read_glossary",
    "read_property_statement",
    "state_claim",
    "state_function_claim",
    "turn",
    "walk_symbols",
]  # fmt: skip
