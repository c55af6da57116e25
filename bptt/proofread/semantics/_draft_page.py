"""What stands on the page of a document without a glossary: its symbols, and where a step may stand on each."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from bptt.proofread.semantics._notation import parse_exponent
from bptt.proofread.semantics._symbols import Name
from bptt.proofread.syntax import Unreadable
from bptt.proofread.syntax.tree import (
    Big,
    Bracket,
    Node,
    Product,
    Relation,
    Scripted,
    Sum,
    Symbol,
    is_bare,
    list_parts,
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
            stack += [(item, None) for item in found.above if found.name == "e"]
        elif isinstance(found, Product):
            following = [*map(_get_argument, found.operators, found.factors[1:]), None]
            stack += zip(found.factors, following, strict=True)
        elif not (isinstance(found, Big) or _compares_letters(found)):
            stack += [(part, None) for part in list_parts(found)]


def _compares_letters(node: Node) -> bool:
    """Whether two letters are compared: [i = j], or [i < j] of letters that are indices more often than numbers."""
    if not (isinstance(node, Relation) and is_bare(node.left) and is_bare(node.right)):
        return False
    ordered = node.sign in ("<", r"\le", ">", r"\ge") and {node.left.name, node.right.name} <= _COUNTING
    return node.sign in ("=", r"\neq") or ordered


def list_compared(side: Node) -> list[Node]:
    """List the letters that a formula compares, as [i = j] does: they are indices."""
    return [letter for node in nodes(side) if _compares_letters(node) for letter in list_parts(node)]


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
