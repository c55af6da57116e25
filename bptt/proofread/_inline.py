"""What the prose of a document may define by its formulas, and what it names as a derivative in words."""

import itertools
import re
from collections.abc import Iterator, Sequence

from bptt.proofread._gradient_names import read_signed
from bptt.proofread._parsed import ParsedSentence, is_derivative
from bptt.proofread.document import FORMULA
from bptt.proofread.semantics import Candidate, is_standard
from bptt.proofread.semantics._shapes import LIST
from bptt.proofread.syntax.tree import (
    Derivative,
    Node,
    Product,
    Quotient,
    Scripted,
    Sum,
    Symbol,
    Unreadable,
    list_symbols,
    lists_entries,
    read_call,
)

_EXAMPLES = re.compile(r"example|instance|e\.g\.|such as|\bsay\b|\blike\b", re.IGNORECASE)  # of a function, not it
# What holds there alone: "at the optimum one finds σ² = L", "in the limit w = u".
_THERE_ALONE = re.compile(
    r"\b(?:at|in|on|near) (?:the|an?|its|every|any) (?:[\w-]+ ){0,2}"
    r"(?:optim\w+|minim\w+|maxim\w+|solution|equilibrium|stationary|critical|fixed point|limit|steady state)\b"
    r"|\bone finds\b|\breduces? to\b",
    re.IGNORECASE,
)
_LOSS = r"(?:loss|cost|objective|error|energy)(?: function)?"
_LOSS_NAMED = re.compile(rf"\b{_LOSS},? (?:(?:is|be|called|denoted|by) )*(?P<loss>{FORMULA})", re.IGNORECASE)
_IS = r"(?:for|be|to denote|denotes?|is|are|as|means?|stands? for)"
_QUALIFIED = r"(?:(?:the|an?|its|their|total|partial|full|upstream|error|column|row|loss|matrix|vector|array|of) )*"
_GRADIENT = r"(?:gradient|derivative|sensitivit)(?:s|y|ies)?"
_BY = r"(?:with (?:respect|regard) to|w\.r\.t\.|wrt|by)"
# We write δ and ε for the gradients of L by a and b.
_NAMED = re.compile(
    rf"(?P<names>{LIST}),? {_IS} {_QUALIFIED}{_GRADIENT} of (?:(?:the [\w-]+ )?(?P<of>{FORMULA})|the (?:\w+ )?{_LOSS}) "
    rf"{_BY} (?:the (?:[\w-]+ ){{1,3}})?(?P<by>{LIST})",
    re.IGNORECASE,
)
# We write δ for ∂L/∂a; δ denotes the derivative ∂L/∂a; denote by δ the derivative ∂L/∂a; denote ∂L/∂a by δ.
_FOR = rf"{_QUALIFIED}(?:{_GRADIENT} |abbreviation |shorthand )?{_QUALIFIED}"
_ABBREVIATED = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?P<names>{LIST}),? {_IS} {_FOR}(?P<derivatives>{LIST})",
        rf"\bdenote by (?P<names>{LIST}) {_FOR}(?P<derivatives>{LIST})",
        rf"\b(?:denote|abbreviate|write|call) {_FOR}(?P<derivatives>{LIST}) (?:by|as) (?P<names>{LIST})",
    )
)
# Let e denote ŷ - y; we call e the error ŷ - y; by P we denote the projector I - u u^⊤; write ŷ - y as e.
_SOME = r"(?:(?!(?:of|by|with|and|or|if|not|that|which|where|is|are|shape|size)\b)[\w-]+ ){0,4}"
_DENOTED = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?P<name>{FORMULA}) (?:denotes?|abbreviates?|(?:stands?|is short) for) {_SOME}(?P<formula>{FORMULA})",
        rf"\b(?:call|denote by) (?P<name>{FORMULA}) {_SOME}(?P<formula>{FORMULA})",
        rf"\bby (?P<name>{FORMULA}) (?:we|let us) (?:denote|mean) {_SOME}(?P<formula>{FORMULA})",
        rf"\bwrite (?P<name>{FORMULA}) for {_SOME}(?P<formula>{FORMULA})",
        rf"\b(?:denote|abbreviate|write) {_SOME}(?P<formula>{FORMULA}) (?:by|as) (?P<name>{FORMULA})",
    )
)


def list_inline(sentences: Sequence[ParsedSentence]) -> Iterator[Candidate]:
    """List what the formulas of the prose may define, and what it names as a derivative."""
    loss = _find_loss(sentences)
    for sentence in sentences:
        is_example = _EXAMPLES.search(sentence.words)
        for sides in sentence.chains:
            subjects = list(itertools.takewhile(_is_name, sides[:-1]))  # h_0 = c_0 = 0
            bodies = sides[len(subjects) :]
            body = next(filter(is_derivative, bodies), bodies[0])
            for one in subjects if not _THERE_ALONE.search(sentence.words) else ():
                if isinstance(one, Unreadable) or isinstance(body, Unreadable) or lists_entries(one, body):
                    continue
                if isinstance(one, Symbol) or not is_example:
                    yield Candidate(one, body, sentence.line)
        yield from _list_named(sentence, loss)
        yield from _list_denoted(sentence)


def _find_loss(sentences: Sequence[ParsedSentence]) -> Symbol | None:
    """Find the one symbol that the prose calls the loss."""
    found = set[Symbol]()
    for sentence in sentences:
        for match in _LOSS_NAMED.finditer(sentence.words):
            symbol = sentence.chains[sentence.get_numbers(match, "loss")[0]][0]
            found |= {Symbol(symbol.name)} if isinstance(symbol, Symbol) else set()
    return found.pop() if len(found) == 1 else None


def _list_named(sentence: ParsedSentence, loss: Symbol | None) -> Iterator[Candidate]:
    """List what words name: we write δ and ε for the gradients of L by a and b, or for ∂L/∂a and ∂L/∂b."""
    words = sentence.words.replace("*", "")
    for found in _NAMED.finditer(words):
        of = sentence.list_alone(found, "of")[0] if found["of"] else loss
        by = sentence.list_alone(found, "by")
        if isinstance(of, Symbol):
            derivatives = [Derivative(of, (one,)) if isinstance(one, Symbol) else None for one in by]
            yield from _pair(sentence.list_alone(found, "names"), derivatives, sentence.line)
    for found in (found for pattern in _ABBREVIATED for found in pattern.finditer(words)):
        yield from _pair(sentence.list_alone(found, "names"), sentence.list_alone(found, "derivatives"), sentence.line)


def _pair(names: Sequence[Node | None], derivatives: Sequence[Node | None], line: int) -> Iterator[Candidate]:
    """Pair names with the derivatives that they are for, if these are as many."""
    for name, derivative in zip(names, derivatives, strict=True) if len(names) == len(derivatives) else ():
        if name is not None and derivative is not None and _is_name(name) and is_derivative(derivative):
            yield Candidate(name, derivative, line)


def _list_denoted(sentence: ParsedSentence) -> Iterator[Candidate]:
    """List what words say to be a formula: we call e the error ŷ - y."""
    for found in (found for pattern in _DENOTED for found in pattern.finditer(sentence.words.replace("*", ""))):
        (name,), (formula,) = sentence.list_alone(found, "name"), sentence.list_alone(found, "formula")
        if isinstance(name, Symbol) and formula is not None and _computes(formula):
            yield Candidate(name, formula, sentence.line)


def _computes(node: Node) -> bool:
    """Whether a formula computes something of symbols, and is none of the sizes in an m × n matrix."""
    match node:
        case Product(operators=operators):
            call = read_call(node)
            return r"\times" not in operators and (call is None or is_standard(call.function.name))  # no O(n)
        case Sum() | Quotient() | Scripted():
            return any(True for _ in list_symbols(node))
    return False


def _is_name(node: Node | Unreadable) -> bool:
    """Whether it is a symbol, alone, with its arguments or step in a bracket, or with the sign of a gradient."""
    if isinstance(node, Unreadable):
        return False
    return isinstance(node, Symbol) or read_call(node) is not None or read_signed(node) is not None
