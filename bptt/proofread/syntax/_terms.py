"""What a term is made of, put together: which factor takes which, and how tightly."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import Any, NamedTuple

from bptt.proofread.syntax._nodes import (
    Adjacent,
    At,
    Bracket,
    Derivative,
    Differential,
    Negative,
    Node,
    Number,
    Place,
    Product,
    Quotient,
    Relation,
    Repeated,
    Scripted,
    Symbol,
    Unreadable,
)

MOST_FACTORS = 60  # of one term
MOST_DERIVATIVES = 4  # of one another

LOOSE = (r"\times", r"\odot", r"\otimes")  # what is written side by side, with a dot or a slash binds more tightly


class Mark(NamedTuple):
    """A piece that is no factor of its own: what it means depends on what stands beside it."""

    kind: str  # operator, function, differential, nabla, big, evaluated, fraction
    text: str
    place: Place
    below: tuple[Node, ...] = ()
    above: tuple[Node, ...] = ()
    primes: int = 0
    of: Node | None = None
    under: Node | None = None


Piece = Any  # a Node or a Mark


def signed(children: Sequence[Any]) -> list[Node]:
    """The terms of a sum. An operator or a Σ at the end of a term takes the signed term behind it."""
    terms: list[list[Piece]] = []
    signs: list[str] = []
    sign = "+"
    for child in children:
        if not isinstance(child, list):
            sign = str(child)
        elif terms and _unfinished(terms[-1]):
            terms[-1] = terms[-1] + ([Number(Fraction(-1))] if sign == "-" else []) + child
        else:
            terms.append(child)
            signs.append(sign)
    made = [assembled(term) for term in terms]
    return [Negative(term) if sign == "-" else term for sign, term in zip(signs, made, strict=True)]


def _unfinished(term: list[Piece]) -> bool:
    return _is(term[-1], "big") or (_is(term[-1], "operator") and len(term) > 1)


def assembled(pieces: Sequence[Piece]) -> Node:
    """The node of a term. Raises `Unreadable` where the pieces do not fit together."""
    if len(pieces) > MOST_FACTORS:
        raise Unreadable(f"a term has more than {MOST_FACTORS} factors", getattr(pieces[MOST_FACTORS], "place", None))
    pieces = [piece for piece in pieces if not (isinstance(piece, Bracket) and piece.kind == "{" and not piece.entries)]
    if len(pieces) == 1 and _is(pieces[0], "operator"):
        return Symbol(pieces[0].text, place=pieces[0].place)  # as in x^*
    operands: list[Node] = []
    operators: list[tuple[str, Place | None]] = []
    n = 0
    while n < len(pieces):
        operator: tuple[str, Place | None] = ("", None)
        if _is(pieces[n], "operator"):
            operator = (pieces[n].text, pieces[n].place)
            n += 1
            if not operands or n == len(pieces) or _is(pieces[n], "operator"):
                raise Unreadable(f"{operator[0]} has not a factor on each side", operator[1])
        if _is(pieces[n], "evaluated") and pieces[n].of is None:
            if not operands or operator[0]:
                raise Unreadable("nothing stands before the bar", pieces[n].place)
            operands[-1] = _at(operands[-1], pieces[n])
            n += 1
            continue
        operand, n = _operand(pieces, n)
        if operands:
            operators.append(operator)
        operands.append(operand)
    if not operands:
        raise Unreadable("nothing stands here")
    return _loosely(operands, operators)


def _is(piece: Piece, kind: str) -> bool:
    return isinstance(piece, Mark) and piece.kind == kind


def _loosely(operands: list[Node], operators: list[tuple[str, Place | None]]) -> Node:
    tight = [operands[0]]
    loose: list[tuple[str, Place | None]] = []
    for operand, (operator, place) in zip(operands[1:], operators, strict=True):
        if operator in LOOSE:
            loose.append((operator, place))
            tight.append(operand)
        elif operator == "/":
            tight[-1] = Quotient(tight[-1], operand, place)
        else:
            tight[-1] = Product(tight[-1], operator, operand, place)
    result = tight[0]
    for operand, (operator, place) in zip(tight[1:], loose, strict=True):
        result = Product(result, operator, operand, place)
    return result


def _operand(pieces: Sequence[Piece], n: int) -> tuple[Node, int]:
    """The factor that starts at a piece, and where the next one starts."""
    piece = pieces[n]
    if not isinstance(piece, Mark):
        following = pieces[n + 1] if n + 1 < len(pieces) else None
        if _letter_d(piece):
            slashed = _slashed(pieces, n)
            if slashed is not None:
                return slashed
        if isinstance(piece, Symbol) and _is_bracket(following):
            return _adjacent(piece, following, applied=False), n + 2
        return unbraced(piece), n + 1
    if piece.kind == "big":
        return _repeated(piece, pieces[n + 1 :]), len(pieces)
    if piece.kind == "function":
        return _applied(piece, pieces, n)
    if piece.kind == "nabla":
        operand, after = _next(pieces, n)
        if not piece.below or piece.above:
            raise Unreadable("∇ does not say by what the derivative is", piece.place)
        return Derivative(operand, (assembled(piece.below),), place=piece.place), after
    if piece.kind == "differential":
        return _slashed(pieces, n) or _differentials_of(pieces, n)
    if piece.kind == "fraction":
        return _fraction(piece, pieces, n)
    return _at(piece.of, piece), n + 1  # evaluated, with its own bracket


def _differentials_of(pieces: Sequence[Piece], n: int) -> tuple[Node, int]:
    """∂X up to the next ∂: one side of a quotient."""
    after = next((m for m in range(n + 1, len(pieces)) if _is(pieces[m], "differential")), len(pieces))
    return _differential(pieces[n], pieces[n + 1 : after]), after


def _next(pieces: Sequence[Piece], n: int) -> tuple[Node, int]:
    if n + 1 >= len(pieces) or _is(pieces[n + 1], "operator"):
        raise Unreadable(f"nothing stands behind {pieces[n].text}", pieces[n].place)
    return _operand(pieces, n + 1)


def _is_bracket(piece: Piece) -> bool:
    inner = piece.base if isinstance(piece, Scripted) else piece
    return isinstance(inner, Bracket) and inner.kind in ("(", "[", r"\{")


def _adjacent(symbol: Symbol, argument: Piece, applied: bool) -> Adjacent:
    if isinstance(argument, Scripted) and isinstance(argument.base, Bracket):
        return Adjacent(symbol, argument.base, argument.below, argument.above, applied)
    bracket = argument if isinstance(argument, Bracket) else Bracket((argument,))
    return Adjacent(symbol, bracket, applied=applied)


def _applied(mark: Mark, pieces: Sequence[Piece], n: int) -> tuple[Node, int]:
    r"""\tanh x, \exp{x}, \tanh^2(x), where the power is that of the value."""
    argument, after = _next(pieces, n)
    if not isinstance(pieces[n + 1], Bracket | Scripted):
        while after < len(pieces) and not _ends_argument(pieces[after]):
            factor, after = _operand(pieces, after)
            argument = Product(argument, "", factor, mark.place)
    symbol = Symbol(mark.text, mark.below, (), mark.primes, mark.place)
    adjacent = _adjacent(symbol, argument, applied=True)
    return (Scripted(adjacent, (), mark.above, mark.place) if mark.above else adjacent), after


def _ends_argument(piece: Piece) -> bool:
    r"""Whether the argument of a function without brackets is over: \sin 2a is the sine of 2a."""
    return (isinstance(piece, Mark) and piece.kind != "fraction") or isinstance(piece, Bracket | Scripted)


def _repeated(mark: Mark, rest: Sequence[Piece]) -> Repeated:
    if not rest:
        raise Unreadable(f"nothing stands behind {mark.text}", mark.place)
    first = last = None
    letters = mark.below
    only = letters[0] if len(letters) == 1 else None
    if isinstance(only, Relation) and only.sign == "=":
        letters, first = (only.left,), only.right
        if len(mark.above) > 1:
            raise Unreadable(f"the upper limit of {mark.text} is not read", mark.place)
        last = mark.above[0] if mark.above else None
    elif mark.above or any(isinstance(letter, Relation) for letter in letters):
        raise Unreadable(f"the limits of {mark.text} are not read", mark.place)
    if not letters:
        raise Unreadable(f"{mark.text} does not say over what", mark.place)
    return Repeated(mark.text, letters, first, last, assembled(rest), mark.place)


def _at(of: Node | None, mark: Mark) -> At:
    where = mark.below + mark.above
    if of is None or not where:
        raise Unreadable("the bar does not say where it is evaluated", mark.place)
    return At(of, where, mark.place)


def _fraction(mark: Mark, pieces: Sequence[Piece], n: int) -> tuple[Node, int]:
    """A quotient, a derivative, or ∂/∂X applied to the bracket behind it or else to all that follows."""
    over, under = mark.of, mark.under
    if over is None or under is None:
        raise Unreadable("a fraction has two parts", mark.place)
    over, under = unbraced(over), unbraced(under)
    top, bottom = _differentials(over), _differentials(under)
    if len(top) != 1 or not bottom:
        return _with_scripts(Quotient(over, under, mark.place), mark), n + 1
    by = _variables(top[0], bottom, mark.place)
    if top[0].of is not None:
        return _with_scripts(Derivative(top[0].of, by, top[0].immediate, mark.place), mark), n + 1
    return _operated(by, pieces, n, mark.place)


def _with_scripts(node: Node, mark: Mark) -> Node:
    return Scripted(node, mark.below, mark.above, mark.place) if mark.below or mark.above else node


def _operated(by: tuple[Node, ...], pieces: Sequence[Piece], n: int, place: Place | None) -> tuple[Node, int]:
    after = n + 2 if n + 1 < len(pieces) and _is_bracket(pieces[n + 1]) else len(pieces)
    if n + 1 >= len(pieces) or _is(pieces[n + 1], "operator"):
        raise Unreadable("nothing stands behind the ∂/∂", place)
    return Derivative(assembled(pieces[n + 1 : after]), by, place=place), after


def _variables(top: Differential, bottom: list[Differential], place: Place | None) -> tuple[Node, ...]:
    by: list[Node] = []
    for part in bottom:
        if part.of is None:
            raise Unreadable("it does not say by what the derivative is", place)
        if top.order == 2 and len(bottom) == 1 and isinstance(part.of, Symbol) and _is_squared(part.of):
            by += [replace(part.of, above=())] * 2
        else:
            by += [part.of] * part.order
    if len(by) != top.order or len(by) > MOST_DERIVATIVES:
        raise Unreadable(f"a derivative of order {top.order} by {len(by)} variables", place)
    return tuple(by)


def _is_squared(symbol: Symbol) -> bool:
    return len(symbol.above) == 1 and isinstance(symbol.above[0], Number) and symbol.above[0].value == 2


def _differentials(node: Node) -> list[Differential]:
    """What a numerator or denominator says, where it is one: ∂X, or ∂x ∂y."""
    items = side_by_side(node)
    if isinstance(items[0], Differential):
        parts = [item for item in items if isinstance(item, Differential)]
        return parts if len(parts) == len(items) else []
    if not _letter_d(items[0]):
        return []
    starts = [n for n, item in enumerate(items) if _letter_d(item)] + [len(items)]
    return [_differential(items[a], items[a + 1 : b]) for a, b in pairwise(starts)]


def _differential(d: Piece, rest: Sequence[Piece]) -> Differential:
    order, immediate = 1, False
    for item in d.above:
        if isinstance(item, Number) and item.value in range(1, MOST_DERIVATIVES + 1):
            order = int(item.value)
        elif isinstance(item, Symbol) and item.name == "+":
            immediate = True
        else:
            raise Unreadable("what stands above the ∂ is not read", d.place)
    if d.below or d.primes:
        raise Unreadable("a ∂ has something below it", d.place)
    return Differential(assembled(rest) if rest else None, order, immediate, d.place)


def _letter_d(piece: Piece) -> bool:
    """Whether it can be the d of dL/dU."""
    if isinstance(piece, Adjacent):
        return False
    plain = isinstance(piece, Symbol) and not (piece.below or piece.primes)
    return plain and piece.name in ("d", r"\mathrm{d}", r"\rm{d}", r"\operatorname{d}")


def _slashed(pieces: Sequence[Piece], n: int) -> tuple[Node, int] | None:
    """∂X/∂Y, from the piece that is the first ∂ or d; None if it is no such thing."""
    starts = _is(pieces[n], "differential") or _letter_d(pieces[n])
    if not starts or n + 1 >= len(pieces):
        return None
    over, after = (None, n + 1) if _is_slash(pieces, n + 1) else _operand(pieces, n + 1)
    if not _is_slash(pieces, after) or after + 2 >= len(pieces):
        return None
    if not (_is(pieces[after + 1], "differential") or _letter_d(pieces[after + 1])):
        return None
    under, end = _operand(pieces, after + 2)
    top = replace(_differential(pieces[n], []), of=over)
    by = _variables(top, [replace(_differential(pieces[after + 1], []), of=under)], pieces[n].place)
    if over is None:
        return _operated(by, pieces, end - 1, pieces[n].place)
    return Derivative(over, by, top.immediate, pieces[n].place), end


def _is_slash(pieces: Sequence[Piece], n: int) -> bool:
    return n < len(pieces) and _is(pieces[n], "operator") and pieces[n].text == "/"


def unbraced(node: Node) -> Node:
    """What stands in braces that only group."""
    braced = isinstance(node, Bracket) and node.kind == "{" and len(node.entries) == 1
    return node.entries[0] if braced and isinstance(node, Bracket) else node


def side_by_side(node: Node) -> list[Node]:
    """The factors of a product that are written without anything between them."""
    found: list[Node] = []
    while isinstance(node, Product) and node.operator == "":
        found.append(node.right)
        node = node.left
    return [node, *reversed(found)]
