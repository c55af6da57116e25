"""Formulas and glossaries for the tests of the semantics."""

from bptt.proofread._expressions import Claim, Property
from bptt.proofread.document import tokenize
from bptt.proofread.semantics import (
    Candidate,
    Collected,
    Equation,
    Interpretation,
    Vocabulary,
    build_vocabulary,
    collect_definitions,
    normalise_left,
    read_glossary,
    state_claim,
)
from bptt.proofread.syntax import Node, Symbol
from bptt.proofread.syntax import parse as parse_tokens

NETWORK = r"""
[sizes]
input = "m"
hidden = "n"
[time]
place = "superscript"
letters = ["t", "s"]
last = "T"
[notation]
ignore = ['\bar']
[symbols]
W = "hidden hidden"
U = "hidden input"
x = { axes = "input", time = true }
h = { axes = "hidden", time = true }
a = "hidden"
b = "hidden"
c = ""
q = ""
"""


def make_vocabulary(more: str = "", glossary: str = NETWORK) -> Vocabulary:
    """Build the vocabulary of a network's glossary; `more` stands above it."""
    return build_vocabulary(read_glossary(more + glossary))


def parse(latex: str) -> Node:
    """Parse a formula."""
    return parse_tokens(tokenize(latex, 1, 1))


def parse_symbol(latex: str) -> Symbol:
    """Parse a symbol."""
    node = parse(latex)
    assert isinstance(node, Symbol)
    return node


def parse_equation(latex: str) -> Equation:
    """Parse both sides of an equation."""
    left, right = latex.split(" = ")
    return Equation(parse(left), parse(right))


def state(vocabulary: Vocabulary, equation: str, interpretation: Interpretation | None = None) -> Claim:
    """State the claim of an equation under the first interpretation, unless another one is given."""
    return state_claim(vocabulary, parse_equation(equation), interpretation or Interpretation())


def collect(vocabulary: Vocabulary, *equations: str) -> Collected:
    """Collect the definitions of a document of these equations, one a line; none of them holds by what is known."""
    candidates = {}
    for n, latex in enumerate(equations):
        left, right, _ = parse_equation(latex)
        candidates[n] = Candidate(normalise_left(vocabulary, left, right), right, n + 1)
    return collect_definitions(vocabulary, candidates, [], lambda _left, _right: False)


def get_properties(vocabulary: Vocabulary, name: str) -> frozenset[Property]:
    """Return what is said of a symbol."""
    return vocabulary.symbols.properties.get(vocabulary.symbols.resolve(parse_symbol(name)).quantity, frozenset())
