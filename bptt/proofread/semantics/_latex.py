"""LaTeX that stands in a glossary: a symbol, or an equation."""

import functools

from bptt.proofread.document import cut_equation, tokenize
from bptt.proofread.semantics._glossary import GlossaryError
from bptt.proofread.syntax import Node, Symbol, Unreadable, parse
from bptt.proofread.syntax.tree import Number, Product

_CACHED = 1_000  # as many as a glossary may have symbols, so that the next document of the same glossary has them


@functools.lru_cache(_CACHED)
def parse_symbol(latex: str, key: str) -> Symbol:
    """Parse one symbol. Raises `GlossaryError`, which names the key of the glossary."""
    try:
        node = parse(tokenize(latex, 1, 1), words=(latex,))
    except Unreadable as error:
        raise GlossaryError(f"{key}: {error}") from error
    joined = join_letters(join_number(node)) if key.startswith("symbols.") else node
    if not isinstance(joined, Symbol):
        raise GlossaryError(f"{key} must be one symbol; got {latex!r}")
    return joined


def join_number(node: Node) -> Node:
    """Make one symbol of a letter with a number behind it, as in δ 3."""
    if isinstance(node, Product) and node.operators == ("",):
        letter, number = node.factors
        if isinstance(letter, Symbol) and isinstance(number, Number) and not (letter.below or letter.above):
            return Symbol(f"{letter.name} {number.value}", place=letter.place)
    return node


def join_letters(node: Node) -> Node:
    """Make one symbol of two letters, as in δ h, which a glossary declares as such."""
    if isinstance(node, Product) and node.operators == ("",):
        first, second = node.factors
        if isinstance(first, Symbol) and isinstance(second, Symbol) and not (first.below or first.above):
            name = f"{first.name}{{{second.name}}}"
            return Symbol(name, second.below, second.above, second.primes, first.place)
    return node


@functools.lru_cache(_CACHED)
def parse_definition(latex: str, words: frozenset[str] = frozenset()) -> tuple[Node, Node]:
    """Parse the two sides of an equation. Raises `GlossaryError`."""
    left, sign, right = cut_equation(tuple(tokenize(latex, 1, 1)), ("=",))
    if not sign:
        raise GlossaryError(f"the definition {latex}: {latex} is no equation with one = sign")
    try:
        return parse(left, words), parse(right, words)
    except Unreadable as error:
        raise GlossaryError(f"the definition {latex}: {error}") from error
