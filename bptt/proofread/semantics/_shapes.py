"""What the words of a sentence say of shapes: an m × n matrix A, x of dimension n, n-dimensional vectors u and v."""

import re
from collections.abc import Iterator, Sequence

from bptt.proofread.document import FORMULA
from bptt.proofread.syntax.tree import Bracket, Node, Number, Product, Relation, Symbol, read_call, strip_brackets

LIST = rf"{FORMULA}(?:(?:,| and|, and) {FORMULA})*"
_REALS = r"\mathbb{R}"
_KIND = r"(?:matrix|matrices|vectors?|arrays?|tensors?)"
_ARTICLE = r"(?:(?:both|all|now|then|again|real|an?|the|some|any|its?) )*"
# Words that say no more of what it is.
_WORDS = (
    r"(?:(?!(?:if|is|are|and|or|but|with|where|of|for|by|to|into|in|as|from|the|that|whose|has|have|gets?|denotes?|means?"
    r"|stands?|calls?)\b)[\w-]+ ){0,3}"
)
_IS = rf"(?P<of>{LIST}) (?:is|be|are|denotes?|a|an) {_ARTICLE}{_WORDS}"
_HAS = r"(?:(?:is|be|are|has|have|of|with) ){1,2}"
_LONG = rf"(?P<size>{FORMULA})(?:-| |[- ]dimensional ){_WORDS}vectors?\b"
# What has a shape stands in one group, in another this: a product as m × n, the size of a vector, or either.
_STATED = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_IS}(?P<shape>{FORMULA})",
        rf"{_IS}{_LONG}",
        rf"(?P<of>{LIST}),? {_HAS}{_ARTICLE}(?:shape|size|dimension)s? (?P<any>{FORMULA})",
        rf"(?P<shape>{FORMULA}) {_WORDS}{_KIND} (?P<of>{LIST})",
        rf"{_LONG} (?P<of>{LIST})",
        rf"(?P<of>{LIST}) (?:is|be|are) {_ARTICLE}{_WORDS}(?P<number>scalars?|numbers?)\b(?! of)",
        rf"(?P<number>scalars?) {_WORDS}(?P<of>{LIST})",
    )
)


def find_shapes(words: str, formulas: Sequence[Sequence[Node]]) -> Iterator[Relation]:
    r"""Find the shapes that a sentence states in words, each as a relation: A \in \mathbb{R}^{m \times n}.

    Args:
        words: the sentence, with `FORMULA` in the place of each formula
        formulas: the entries of each of these
    """

    def list_entries(found: re.Match[str], group: str) -> list[Node]:
        first = words[: found.start(group)].count(FORMULA)
        held = formulas[first : first + found[group].count(FORMULA)]
        return [strip_brackets(one) for entries in held for one in entries]

    for found in (found for pattern in _STATED for found in pattern.finditer(words)):
        kind = next(name for name in found.re.groupindex if name != "of")
        sizes = _read_sizes(list_entries(found, kind), kind)
        for one in list_entries(found, "of"):
            symbol = one if (call := read_call(one)) is None else call.function
            if isinstance(symbol, Symbol) and sizes is not None:
                yield Relation(symbol, r"\in", Symbol(_REALS, (), sizes))


def _read_sizes(entries: Sequence[Node], kind: str) -> tuple[Node, ...] | None:
    """Return the sizes of an m × n, an (m, n) or an n; None for what is no such thing."""
    match entries:
        case [] if kind == "number":
            return ()
        case [Product(factors, operators)] if kind != "size" and set(operators) == {r"\times"}:
            sizes = factors
        case [Bracket(sizes, kind="(")] if kind == "any":
            pass
        case [one] if kind != "shape":
            sizes = (one,)
        case _:
            return None
    return sizes if all(isinstance(one, Symbol | Number) for one in sizes) else None
