"""Formulas and glossaries for the tests of the semantics."""

from bptt.proofread._expressions import Claim
from bptt.proofread.document import tokenize
from bptt.proofread.semantics import Interpretation, Vocabulary, build_vocabulary, read_glossary, state_claim
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


def state(vocabulary: Vocabulary, equation: str, interpretation: Interpretation | None = None) -> Claim:
    """State the claim of an equation under the first interpretation, unless another one is given."""
    left, right = equation.split(" = ")
    return state_claim(vocabulary, parse(left), parse(right), interpretation or Interpretation())
