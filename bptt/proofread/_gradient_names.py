"""Names that a document makes for gradients by a sign: dX, δx or x̄ for ∂L/∂x, whatever x is."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from bptt.proofread.semantics import Candidate
from bptt.proofread.semantics._notation import is_transpose
from bptt.proofread.syntax import merge_entry
from bptt.proofread.syntax.tree import (
    Bracket,
    Derivative,
    Nabla,
    Node,
    Number,
    Product,
    Scripted,
    Symbol,
    list_symbols,
    rewrite,
    strip_brackets,
)

SIGNS = ("d", r"\mathrm{d}", r"\delta", r"\Delta", r"\nabla")  # those that stand before a symbol


def find_signs(candidates: Iterable[Candidate], shown: Collection[str]) -> Mapping[str, Candidate]:
    """Find the signs that name gradients, each with what says so.

    A sign before a symbol names them whatever the symbol, as δx = ∂L/∂x says; an accent only where x stands for all.

    Args:
        candidates: what the document may define
        shown: the names of the symbols in its displays
    """
    found: dict[str, Candidate] = {}
    for one in candidates:
        match one.right, read_signed(one.left) or one.left:
            case Derivative(of=Symbol(), by=(Symbol(name),)), (sign, Symbol(name=after)) if after == name:
                found.setdefault(str(sign), one)
            case Derivative(of=Symbol(), by=(Symbol(name),)), Symbol(accented) if name not in shown:
                sign, inner = split_name(accented)
                if inner == name:
                    found.setdefault(sign, one)
    return found


def split_name(name: str) -> tuple[str, str]:
    r"""Split \mathrm{d}{X} and \bar{x} into the sign or accent and the name of the symbol; ("", "") for any other."""
    sign = next((one for one in SIGNS if name.startswith(one + "{")), name.partition("{")[0])
    return (sign, name[len(sign) + 1 : -1]) if name[len(sign) :] else ("", "")


def read_signed(node: Node) -> tuple[str, Symbol] | None:
    """Read δx, or (δx)_i, as a sign and the symbol behind it; None for anything else."""
    match strip_brackets(node.base if isinstance(node, Scripted) else node):
        case Product((sign, Symbol() as symbol), ("",)) if spelled := _spell_sign(sign):
            return spelled, symbol
    return None


def _spell_sign(node: Node) -> str:
    if node == Nabla(None):
        return r"\nabla"
    return node.name if isinstance(node, Symbol) and node.name in SIGNS and node == Symbol(node.name) else ""


def join_signs(node: Node, signs: Collection[str]) -> Node:
    """Make one symbol of each sign and the symbol behind it, with the scripts of this: δx_t is the symbol δx at t."""

    def join(node: Node) -> Node:
        match node:
            case Scripted(Bracket((Symbol(name),))) if split_name(name)[0] in signs:
                return merge_entry(node)  # (δx)_i
        if not isinstance(node, Product):
            return node
        made, between = list(node.factors[:1]), list[str]()
        for operator, factor in zip(node.operators, node.factors[1:], strict=True):
            sign = _spell_sign(made[-1])
            if sign in signs and not operator and isinstance(factor, Symbol):
                made[-1] = replace(factor, name=f"{sign}{{{factor.name}}}")
            else:
                made.append(factor)
                between.append(operator)
        return made[0] if len(made) == 1 else Product(tuple(made), tuple(between), node.place)

    return rewrite(node, join) if signs else node


def list_gradients(signs: Mapping[str, Candidate], sides: Iterable[Node]) -> Iterator[Candidate]:
    """List what the signs before the symbols of formulas say: δx_t = ∂L/∂x_t, for each symbol with plain scripts."""
    symbols = [one for side in sides for one in list_symbols(side)]
    for sign, inner, named in _list_named(symbols, signs):
        stated = signs[sign]
        if isinstance(stated.right, Derivative):
            yield Candidate(named, replace(stated.right, by=(inner,)), stated.line)


def _list_named(symbols: Iterable[Symbol], signs: Collection[str]) -> list[tuple[str, Symbol, Symbol]]:
    """List each sign with the symbol that it stands before, and with both, once each; with plain scripts alone."""
    found: dict[Symbol, tuple[str, Symbol, Symbol]] = {}
    for one in symbols:
        sign, inner = split_name(one.name)
        if sign in signs:
            named = Symbol(one.name, one.below, tuple(item for item in one.above if not is_transpose(item)))
            if all(map(_is_plain, (*named.below, *named.above))):
                found.setdefault(named, (sign, replace(named, name=inner), named))
    return list(found.values())


def _is_plain(item: Node) -> bool:
    """Whether a script is a letter, or the number of a layer in a bracket: no power."""
    inner = strip_brackets(item)
    return isinstance(inner, Symbol) or (isinstance(inner, Number) and item is not inner)
