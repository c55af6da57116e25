"""LaTeX that stands in a glossary: a symbol, or an equation."""

import functools

from bptt.proofread.document import find_relations, tokenize
from bptt.proofread.semantics._glossary import GlossaryError
from bptt.proofread.syntax import Node, Symbol, Unreadable, parse

_CACHED = 1_000  # as many as a glossary may have symbols, so that the next document of the same glossary has them


@functools.lru_cache(_CACHED)
def parse_symbol(latex: str, key: str) -> Symbol:
    """Parse one symbol. Raises `GlossaryError`, which names the key of the glossary."""
    try:
        node = parse(tokenize(latex, 1, 1))
    except Unreadable as error:
        raise GlossaryError(f"{key}: {error}") from error
    if not isinstance(node, Symbol):
        raise GlossaryError(f"{key} must be one symbol; got {latex!r}")
    return node


@functools.lru_cache(_CACHED)
def parse_definition(latex: str) -> tuple[Node, Node]:
    """Parse the two sides of an equation. Raises `GlossaryError`."""
    found = tokenize(latex, 1, 1)
    signs = [relation for relation in find_relations(found) if relation.text == "="]
    if len(signs) != 1:
        raise GlossaryError(f"the definition {latex}: {latex} is no equation with one = sign")
    try:
        return parse(found[: signs[0].start]), parse(found[signs[0].end :])
    except Unreadable as error:
        raise GlossaryError(f"the definition {latex}: {error}") from error
