"""What stands on the page of a document without a glossary: its symbols, and where a step may stand on each."""

from collections import Counter
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from bptt.proofread.semantics._notation import is_transpose, parse_exponent
from bptt.proofread.semantics._symbols import Name
from bptt.proofread.syntax import Unreadable
from bptt.proofread.syntax.tree import (
    Big,
    Bracket,
    Dots,
    Negative,
    Node,
    Number,
    Product,
    Quotient,
    Relation,
    Scripted,
    Sum,
    Symbol,
    is_bare,
    list_parts,
    list_symbols,
    nodes,
    strip_brackets,
    written,
)

_REALS = (r"\mathbb{R}", r"\R", r"\Re", "ℝ", r"\mathbf{R}")
_COUNTING = frozenset("ijklmnpqrst")
_UPRIGHT_D = r"\mathrm{d}"  # whatever it stands before
_DIFFERENCES = ("d", r"\delta", r"\Delta")


class Mention(NamedTuple):
    """A symbol on the page, its name without accents, and what stands alone in a bracket behind it."""

    symbol: Symbol
    base: str
    behind: Node | None


def walk_symbols(node: Node | Unreadable) -> Iterator[tuple[Symbol, Node | None]]:
    """List the symbols of a formula, but for scripts and limits, each with what stands alone in a bracket behind it."""
    stack: list[tuple[Node, Node | None]] = [] if isinstance(node, Unreadable) else [(node, None)]
    while stack:
        found, behind = stack.pop()
        if isinstance(found, Symbol):
            yield found, behind
            stack += [(item, None) for item in found.above if found.name == "e" and not is_transpose(item)]
        elif isinstance(found, Product):
            following = [*map(_get_argument, found.operators, found.factors[1:]), None]
            stack += zip(found.factors, following, strict=True)
        elif not (isinstance(found, Big) or _compares_letters(found)):
            stack += [(part, None) for part in list_parts(found)]


def _compares_letters(node: Node) -> bool:
    """Whether two letters are compared: [i = j], or [i < j] of letters that are indices more often than numbers.

    [y_t = i] compares a letter with a label.
    """
    if not (isinstance(node, Relation) and isinstance(node.left, Symbol) and isinstance(node.right, Symbol)):
        return False
    bare = [side for side in (node.left, node.right) if is_bare(side)]
    if len(bare) < 2:
        return node.sign == "=" and any(side.name in _COUNTING for side in bare)
    ordered = node.sign in ("<", r"\le", ">", r"\ge") and {node.left.name, node.right.name} <= _COUNTING
    return node.sign in ("=", r"\neq") or ordered


def list_compared(side: Node) -> list[Node]:
    """List the letters that a formula compares, as [i = j] does: they are indices."""
    letters = (letter for node in nodes(side) if _compares_letters(node) for letter in list_parts(node))
    return [letter for letter in letters if is_bare(letter)]


def _get_argument(operator: str, after: Node) -> Node | None:
    """Return what stands alone in a bracket, with a power or without, that is right behind a factor."""
    after = after.base if isinstance(after, Scripted) else after
    alone = operator == "" and isinstance(after, Bracket) and after.kind in ("(", "[") and len(after.entries) == 1
    return after.entries[0] if alone and isinstance(after, Bracket) else None


def list_bigs(side: Node | Unreadable) -> list[Big]:
    return [] if isinstance(side, Unreadable) else [node for node in nodes(side) if isinstance(node, Big)]


def list_bounds(bigs: Sequence[Big], spell: Callable[[Node], str]) -> Mapping[str, str]:
    """Return the letters of the sizes that sums run to; of a letter that runs to two, none."""
    found: dict[str, set[str]] = {}
    for big in bigs:
        for one in big.below:
            if isinstance(one, Relation) and one.sign == "=" and isinstance(one.left, Symbol):
                above = map(strip_brackets, big.above)
                found.setdefault(spell(one.left), set()).update(
                    spell(item) for item in above if isinstance(item, Symbol)
                )
    return {letter: next(iter(sizes)) for letter, sizes in found.items() if len(sizes) == 1}


def list_products(side: Node) -> list[Product]:
    return [node for node in nodes(side) if isinstance(node, Product)]


def list_below(symbol: Symbol) -> list[Node]:
    """List the scripts below a symbol; x_{k|k-1} is one of x_k."""
    return [item for item in symbol.below if not written(item).startswith("|")]


def list_places(symbol: Symbol, behind: Node | None) -> Iterator[tuple[str, Node]]:
    """List where a step may stand, and what stands there."""
    yield from (("subscript", item) for item in symbol.below)
    yield from (("superscript", item) for item in symbol.above)
    if behind is not None:
        yield "bracket", behind


def get_anchor(item: Node) -> Symbol | None:
    """Return the t of t − 1 or t + 1; None for what has no offset."""
    item = strip_brackets(item)
    if isinstance(item, Sum) and len(item.terms) == 2:
        letters = [term for term in item.terms if isinstance(term, Symbol)]
        others = [term for term in item.terms if not isinstance(term, Symbol)]
        if len(letters) == 1 and parse_exponent(others[0]) is not None and not (letters[0].below or letters[0].above):
            return letters[0]
    return None


def list_arrays(side: Node) -> Iterator[tuple[Symbol, int]]:
    """List the symbols that are arrays where they stand, each with its number of axes: the vectors x_n and m_k, and the
    matrix Λ_k between them, in (x_n − m_k)^⊤ Λ_k (x_n − m_k); what stands in a norm, or in an inner product.
    """
    for node in nodes(side, scripts=True):
        match node:
            case Symbol() if _is_transposed(node):
                yield node, 1
            case Scripted(base=Bracket()) if _is_transposed(node):
                yield from ((symbol, 1) for symbol in _list_terms(node.base))
            case Bracket(kind="‖") | Bracket(kind="<", entries=(_, _)):
                yield from ((symbol, 1) for symbol in _list_terms(node))
            case Product(factors=factors):
                yield from ((symbol, 2) for symbol in _list_between(factors))


def list_labels(sides: Sequence[Node], statements: Sequence[Relation]) -> Mapping[str, Node]:
    r"""List the labels of a document, as y of p_y and y_i ∈ \{1, …, K\}, each with the last number that it may be."""
    used = {symbol.name for side in sides for node in nodes(side) for symbol in _list_indices(node)}
    found: dict[str, Node] = {}
    for one in statements:
        match one.left, one.sign, one.right:
            case Symbol(name), r"\in", Bracket((Number(), *_, Dots(), Symbol() as last), kind=r"\{") if name in used:
                found[name] = last
    return found


def _list_indices(node: Node) -> Iterator[Symbol]:
    """List the symbols that stand below one, or that are compared with others there or in a bracket."""
    for item in node.below if isinstance(node, Symbol) else (node,):
        sides = (item.left, item.right) if isinstance(item, Relation) and item.sign == "=" else (item,)
        yield from (one for one in sides if isinstance(one, Symbol) and (item is not node or len(sides) == 2))


def list_exponents(side: Node, brackets: bool = False) -> Iterator[Symbol]:
    """List the symbols that stand above others, or above brackets; above these alone."""
    for node in nodes(side):
        if isinstance(node, Scripted if brackets else Symbol | Scripted):
            above = (symbol for item in node.above for symbol in list_symbols(item))
            yield from (symbol for symbol in above if not is_transpose(symbol))


def list_numbers(side: Node, exponents: Container[str]) -> Iterator[Symbol]:
    """List the symbols that stand alone under a line, or below one of these exponents: K of Y/K and K^ρ."""
    for node in nodes(side):
        match node:
            case Quotient(under=Symbol() as under):
                yield under
            case Symbol() if any(one.name in exponents for item in node.above for one in list_symbols(item)):
                yield node


def _list_between(factors: Sequence[Node]) -> Iterator[Symbol]:
    """List the symbols that stand between the transpose of something and that: A of x^⊤ A x."""
    for n, first in enumerate(factors):
        if _is_transposed(first):
            plain = _strip_transposed(first)
            last = next((m for m in range(n + 1, len(factors)) if factors[m] == plain), n)
            yield from (one for one in factors[n + 1 : last] if isinstance(one, Symbol))


def _is_transposed(node: Node) -> bool:
    return isinstance(node, Symbol | Scripted) and any(map(is_transpose, node.above))


def _strip_transposed(node: Node) -> Node:
    """Return what is transposed: x of x^⊤."""
    if isinstance(node, Scripted):
        return node.base
    return replace(node, above=node.above[:-1]) if isinstance(node, Symbol) else node


def _list_terms(node: Node) -> Iterator[Symbol]:
    """List the symbols that are added up to a whole."""
    match node:
        case Symbol():
            yield node
        case Negative(term=term):
            yield from _list_terms(term)
        case Sum(terms=parts) | Bracket(entries=parts):
            yield from (symbol for part in parts for symbol in _list_terms(part))


def spell_name(name: Name) -> str:
    """Spell a name as a glossary has it: words in \\text."""
    base, *scripts = name
    below, above = (
        " ".join(rf"\text{{{part}}}" if len(part) > 1 and part.isalnum() else part for part in parts)
        for parts in scripts
    )
    return base + (f"_{{{below}}}" if below else "") + (f"^{{{above}}}" if above else "")


def find_prefixes(sides: Sequence[Node]) -> set[str]:
    """Find the letters of differences, which are no symbols: they stand before a symbol, and else before a bracket."""
    before, directly = Counter[str](), set[str]()
    for node in (node for side in sides for node in list_products(side)):
        for mark, operator, after in zip(node.factors, node.operators, node.factors[1:], strict=False):
            if not operator and mark == Symbol(written(mark)):
                inner = strip_brackets(after.base if isinstance(after, Scripted) else after)
                before[written(mark)] += isinstance(inner, Symbol | Bracket) or inner is not after
                directly |= {written(mark)} if isinstance(inner, Symbol) else set()
    everywhere = Counter(symbol.name for side in sides for symbol, _ in walk_symbols(side))
    return {letter for letter in _DIFFERENCES if letter in directly and everywhere[letter] == before[letter]} | {
        _UPRIGHT_D
    }


def is_set(node: Node) -> bool:
    r"""Whether it is a set of numbers, or of arrays of them: ℝ^n, \{0, 1\}^n, [0, 1]."""
    whole = node.base if isinstance(node, Scripted) else node
    return isinstance(whole, Bracket) or (isinstance(whole, Symbol) and whole.name in _REALS)
