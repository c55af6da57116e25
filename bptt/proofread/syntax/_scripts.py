"""Make a list of the items that stand in a script; make accents and fonts part of a symbol's name."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from bptt.proofread.syntax import tree
from bptt.proofread.syntax.tree import Bracket, Node, Number, Place, Product, Symbol, Unreadable, written

FONTS = frozenset(
    {r"\mathbf", r"\mathcal", r"\mathbb", r"\mathfrak", r"\mathscr", r"\mathnormal", r"\mathds", r"\mathit"}
)
UPRIGHT = frozenset({r"\mathrm", r"\operatorname", r"\mathsf", r"\mathtt", r"\mathop"})
WORD_FONTS = UPRIGHT | {r"\mathit"}  # several letters in these are a word; in \mathbf{Wx} each is a symbol
OLD_FONTS = {
    r"\bf": r"\mathbf", r"\it": r"\mathit", r"\rm": r"\mathrm", r"\sf": r"\mathsf", r"\tt": r"\mathtt",
    r"\cal": r"\mathcal",
}  # fmt: skip  # they stand first in a group, and over all of it
_ABOVE = frozenset({
    r"\tilde", r"\hat", r"\bar", r"\vec", r"\dot", r"\ddot", r"\check", r"\breve", r"\underline", r"\acute", r"\grave",
    r"\widecheck", r"\mathring",
})  # fmt: skip
ACCENTS = FONTS | UPRIGHT | _ABOVE


def unwrap(node: Node) -> Node:
    """Take off the braces around what only groups."""
    return node.entries[0] if isinstance(node, Bracket) and node.kind == "{" and len(node.entries) == 1 else node


def list_items(content: Node) -> tuple[Node, ...]:
    """List what stands in a script: side by side, as in W_{kl}, or behind commas."""
    if isinstance(content, Bracket) and content.kind == "{" and content.separators == ("|",):
        if len(content.entries) != 2:
            raise Unreadable("nothing stands beside the bar of a script", content.place)
        return _read_pair(*content.entries)
    return tuple(item for entry in list_entries(content) for item in _split(unwrap(entry)))


def list_entries(content: Node) -> tuple[Node, ...]:
    """List what stands behind commas in braces."""
    return content.entries if isinstance(content, Bracket) and content.kind == "{" else (content,)


def _read_pair(first: Node, second: Node) -> tuple[Node, ...]:
    """Read k|k−1, of step k as seen from step k − 1: how far the two are apart is a part of the name."""
    (letter, offset), (other, later) = _split_offset(first), _split_offset(second)
    return (Symbol(f"|{int(later - offset):+}"), first) if letter == other else (first, second)


def _split_offset(item: Node) -> tuple[str, Fraction]:
    """Split k − 1 into its letter and its offset."""
    if isinstance(item, Number):
        return "", item.value
    if isinstance(item, tree.Sum) and len(item.terms) == 2:
        letter, offset = item.terms
        number = offset.term if isinstance(offset, tree.Negative) else offset
        if isinstance(number, Number):
            return written(letter), -number.value if isinstance(offset, tree.Negative) else number.value
    return written(item) or repr(item), Fraction(0)


def _split(entry: Node) -> Sequence[Node]:
    """Split what stands side by side; 2t is twice t, while i1 and k2 are two items."""
    if not isinstance(entry, Product) or set(entry.operators) - {""}:
        return [entry]
    simple = all(isinstance(one, Symbol | Bracket | tree.Scripted) for one in entry.factors)
    if isinstance(entry.factors[0], Number) and not simple and not any(written(one) == ":" for one in entry.factors):
        return [entry]
    return entry.factors


def add_scripts(base: Node, below: tuple[Node, ...], above: tuple[Node, ...], primes: int) -> Node:
    """Give scripts to a formula."""
    if not (below or above or primes):
        return base
    if isinstance(base, Symbol | tree.Scripted):
        return replace(base, below=base.below + below, above=base.above + above, primes=base.primes + primes)
    return tree.Scripted(base, below, above, primes, getattr(base, "place", None))


def apply_accent(accent: str, of: Node, place: Place) -> Node:
    """Give an accent or a font to a symbol, as part of its name. Raises `Unreadable` where there is none."""
    of = unwrap(of)
    if isinstance(of, Symbol):
        is_word = accent in UPRIGHT and len(of.name) > 1
        has_font = accent not in _ABOVE and f"{accent}{{" in of.name
        return of if is_word or has_font else replace(of, name=f"{accent}{{{of.name}}}")
    if isinstance(of, Number):
        return Symbol(f"{accent}{{{of.value}}}", place=place)
    if accent in _ABOVE:
        raise Unreadable(f"{accent} stands over more than a symbol", place)
    return _apply_font(accent, of, place)


def _apply_font(font: str, of: Node, place: Place) -> Node:
    """Give a font to each symbol of a formula."""
    match of:
        case Symbol():
            return apply_accent(font, of, place)
        case Number() | tree.Dots() | tree.Words() | tree.Big():
            return of
        case tree.Sum() | Product() | tree.Negative() | tree.Scripted() | Bracket():
            return tree.map_parts(of, lambda part: _apply_font(font, part, place), in_scripts=lambda item: item)
    raise Unreadable(f"{font} stands over more than symbols", place)


def merge_scripts(node: Node) -> Node:
    """Make (x_i)_j the entry x_{ij}, but for what stands in a bracket behind a symbol, which may be its argument.

    V(x_1, …, x_n) is V(x) then.
    """
    return merge_entry(tree.rewrite(node, _merge_parts))


def _merge_parts(node: Node) -> Node:
    if not isinstance(node, Product):
        return tree.map_parts(node, merge_entry)
    pairs = zip(node.operators, node.factors, strict=False)
    behind = (False, *(not operator and isinstance(before, Symbol) for operator, before in pairs))
    factors = zip(node.factors, behind, strict=True)
    return replace(
        node, factors=tuple(_merge_argument(one) if is_behind else merge_entry(one) for one, is_behind in factors)
    )


def _merge_argument(node: Node) -> Node:
    """Make (x_1, …, x_n) the argument (x)."""
    listed = tree.read_listed(node)
    return node if listed is None or isinstance(node, tree.Scripted) else Bracket((listed[0],))


def merge_entry(node: Node) -> Node:
    """Make (x_i)_j the entry x_{ij}."""
    match node:
        case tree.Scripted(Bracket((Symbol(above=above, primes=0) as inner,), kind="(" | "["), below, (), 0):
            return replace(inner, below=inner.below + below) if all(isinstance(one, Bracket) for one in above) else node
    return node
