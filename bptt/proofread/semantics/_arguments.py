"""The letters of an equation that stand for any number, as z does in σ'(z) = σ(z)(1 − σ(z))."""

from collections.abc import Sequence

from bptt.proofread import _expressions as ex
from bptt.proofread.semantics._values import Value
from bptt.proofread.semantics._vocabulary import Vocabulary, is_standard
from bptt.proofread.syntax.tree import (
    Bracket,
    Derivative,
    Node,
    Product,
    Scripted,
    Symbol,
    nodes,
)


def find_arguments(vocabulary: Vocabulary, left: Node, right: Node) -> dict[str, Value]:
    """Find the letters that stand for any number: z of σ'(z), where z is no symbol, and x of d/dx tanh(x)."""
    symbols = vocabulary.symbols
    found: list[str] = []
    for node in (*nodes(left), *nodes(right)):
        if isinstance(node, Product):
            for one, after, operator in zip(node.factors, node.factors[1:], node.operators, strict=False):
                bracket = after.base if isinstance(after, Scripted) else after
                called = isinstance(one, Symbol) and vocabulary.may_apply(one) and not operator
                if called and isinstance(bracket, Bracket):
                    found += [
                        symbols.get_base(entry)
                        for entry in bracket.entries
                        if isinstance(entry, Symbol) and _is_bare(entry)
                    ]
        elif isinstance(node, Derivative):
            function = isinstance(node.of, Symbol) and vocabulary.may_apply(node.of)
            found += [
                symbols.get_base(by)
                for by in node.by
                if isinstance(by, Symbol)
                and _is_bare(by)
                and (function or node.of is None or _is_call(vocabulary, node.of))
            ]
    free = [name for name in found if symbols.find_name(Symbol(name)) is None]
    return {name: make_any_number(name) for name in (*free, *_find_number(vocabulary, left, right, found))}


def _is_call(vocabulary: Vocabulary, node: Node) -> bool:
    return isinstance(node, Product) and isinstance(node.factors[0], Symbol) and vocabulary.may_apply(node.factors[0])


def _is_bare(node: Node) -> bool:
    return isinstance(node, Symbol) and not (node.below or node.above or node.primes)


def _find_number(vocabulary: Vocabulary, left: Node, right: Node, arguments: Sequence[str]) -> list[str]:
    """Find the one symbol of an equation about a function: it stands for a number there, whatever it is elsewhere."""
    if not any(isinstance(node, Derivative) for node in nodes(left)):
        return []
    named = {
        vocabulary.symbols.get_base(node)
        for node in (*nodes(left, scripts=True), *nodes(right, scripts=True))
        if isinstance(node, Symbol)
    }
    others = {
        name
        for name in named
        if not is_standard(name) and not vocabulary.defines_function(name) and name not in ("e", r"\pi")
    }
    if len(others) != 1 or not others <= set(arguments):
        return []
    (name,) = others
    bare = all(
        _is_bare(node)
        for node in (*nodes(left), *nodes(right))
        if isinstance(node, Symbol) and vocabulary.symbols.get_base(node) == name
    )
    known = vocabulary.symbols.find_name(Symbol(name))
    return (
        [name] if bare and known is not None and any(one.axes for one in vocabulary.symbols.quantities[known]) else []
    )


def make_any_number(name: str) -> Value:
    """Make a quantity without axes that nothing defines, so that it takes any value."""
    return Value((), ex.Entry(ex.Quantity(f"the argument {name}", (), False), None, ()))
