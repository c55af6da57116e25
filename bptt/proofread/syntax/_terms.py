"""Put a term together from its pieces: which factor takes which, and how tightly."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from bptt.proofread.syntax import tree
from bptt.proofread.syntax._differentials import build_differential, list_variables, split_differentials
from bptt.proofread.syntax._pieces import Mark, Piece, is_bracket, is_letter_d, is_mark, strip_braces
from bptt.proofread.syntax.tree import Node, Place, Unreadable

# More than any term of a derivation has; the work on a term may grow with the square of its factors.
MOST_FACTORS = 60

LOOSE = (r"\times", r"\odot", r"\otimes")  # what is written side by side, with a dot or a slash binds more tightly


def combine_terms(children: Sequence[Any]) -> list[Node]:
    """Assemble the terms of a sum, given with their signs.

    An operator or a Σ at the end of a term takes the signed term behind it.
    """
    terms: list[list[Piece]] = []
    signs: list[str] = []
    sign = "+"
    for child in children:
        if not isinstance(child, list):
            sign = str(child)
        elif terms and (is_mark(terms[-1][-1], "BIG") or (is_mark(terms[-1][-1], "OPERATOR") and len(terms[-1]) > 1)):
            terms[-1] = terms[-1] + ([tree.Number(Fraction(-1))] if sign == "-" else []) + child
        else:
            terms.append(child)
            signs.append(sign)
    made = map(assemble_term, terms)
    return [tree.Negative(term) if sign == "-" else term for sign, term in zip(signs, made, strict=True)]


def assemble_term(pieces: Sequence[Piece]) -> Node:
    """Build the node of a term. Raises `Unreadable` where the pieces do not fit together."""
    if len(pieces) > MOST_FACTORS:
        raise Unreadable(f"a term has more than {MOST_FACTORS} factors", getattr(pieces[MOST_FACTORS], "place", None))
    pieces = [
        piece for piece in pieces if not (isinstance(piece, tree.Bracket) and piece.kind == "{" and not piece.entries)
    ]
    if not pieces:
        raise Unreadable("nothing stands here")
    if len(pieces) == 1 and is_mark(pieces[0], "OPERATOR"):
        return tree.Symbol(pieces[0].text, place=pieces[0].place)  # as in x^*
    return _Term(pieces).read()


@dataclass
class _Term:
    """The pieces of a term, read from left to right; `n` is the number of those that are read."""

    pieces: Sequence[Piece]
    n: int = 0

    @property
    def next(self) -> Piece:
        """The piece that follows, None if none does."""
        return self.pieces[self.n] if self.n < len(self.pieces) else None

    @property
    def ends(self) -> bool:
        """Whether no factor follows."""
        return self.next is None or is_mark(self.next, "OPERATOR")

    def read(self) -> Node:
        factors: list[Node] = []
        operators: list[Mark | None] = []
        while self.next is not None:
            operator = self._take() if is_mark(self.next, "OPERATOR") else None
            if operator and (not factors or self.ends):
                raise Unreadable(f"{operator.text} has not a factor on each side", operator.place)
            if is_mark(self.next, "EVALUATED") and not self.next.parts and factors and not operator:
                factors[-1] = _evaluate(factors[-1], self._take())
                continue
            if factors:
                operators.append(operator)
            factors.append(self._read_factor())
        return _multiply_all(factors, operators)

    def _take(self) -> Piece:
        self.n += 1
        return self.pieces[self.n - 1]

    def _take_rest(self) -> Sequence[Piece]:
        start, self.n = self.n, len(self.pieces)
        return self.pieces[start:]

    def _read_factor(self) -> Node:
        piece = self._take()
        if is_mark(piece, "BIG"):
            return _build_repeated(piece, self._take_rest())
        if is_mark(piece, "FUNCTION"):
            return self._read_application(piece)
        if is_mark(piece, "NABLA"):
            operand = self._read_operand(piece)
            if not piece.below or piece.above:
                raise Unreadable("∇ does not say by what the derivative is", piece.place)
            return tree.Derivative(operand, (assemble_term(piece.below),), place=piece.place)
        if is_mark(piece, "DIFFERENTIAL"):
            return self._read_slashed_derivative(piece) or self._read_differential(piece)
        if is_mark(piece, "FRACTION"):
            return self._read_fraction(piece)
        if isinstance(piece, Mark):
            if not piece.parts:
                raise Unreadable("nothing stands before the bar", piece.place)
            return _evaluate(piece.parts[0], piece)
        if is_letter_d(piece) and (derivative := self._read_slashed_derivative(piece)):
            return derivative
        if isinstance(piece, tree.Symbol) and is_bracket(self.next):
            return _build_adjacent(piece, self._take(), applied=False)
        return strip_braces(piece)

    def _read_operand(self, mark: Mark) -> Node:
        if self.ends:
            raise Unreadable(f"nothing stands behind {mark.text}", mark.place)
        return self._read_factor()

    def _read_application(self, mark: Mark) -> Node:
        r"""Read the argument in \tanh x, \exp{x}, \tanh^2(x), where the power is that of the value."""
        start = self.n
        argument = self._read_operand(mark)
        if not isinstance(self.pieces[start], tree.Bracket | tree.Scripted):
            # Without brackets it goes on up to the next bracket or mark: \sin 2a is the sine of 2a.
            ending = (tree.Bracket, tree.Scripted, Mark)
            while not self.ends and (not isinstance(self.next, ending) or is_mark(self.next, "FRACTION")):
                argument = tree.Product(argument, "", self._read_factor(), mark.place)
        symbol = tree.Symbol(mark.text, mark.below, (), mark.primes, mark.place)
        applied = _build_adjacent(symbol, argument, applied=True)
        return tree.Scripted(applied, (), mark.above, mark.place) if mark.above else applied

    def _read_fraction(self, mark: Mark) -> Node:
        """Read a quotient, a derivative, or ∂/∂X applied to the bracket behind it or else to all that follows."""
        over, under = map(strip_braces, mark.parts)
        top, bottom = split_differentials(over), split_differentials(under)
        if len(top) != 1 or not bottom:
            return _add_scripts(tree.Quotient(over, under, mark.place), mark)
        by = list_variables(top[0], bottom, mark.place)
        if top[0].of is None:
            return self._apply_derivative(by, mark.place)
        return _add_scripts(tree.Derivative(top[0].of, by, top[0].immediate, mark.place), mark)

    def _apply_derivative(self, by: tuple[Node, ...], place: Place) -> Node:
        if self.ends:
            raise Unreadable("nothing stands behind the ∂/∂", place)
        operand = [self._take()] if is_bracket(self.next) else self._take_rest()
        return tree.Derivative(assemble_term(operand), by, place=place)

    def _read_differential(self, d: Piece) -> Node:
        """Read ∂X up to the next ∂: one side of a quotient."""
        start = self.n
        while self.next is not None and not is_mark(self.next, "DIFFERENTIAL"):
            self.n += 1
        return build_differential(d, assemble_term(self.pieces[start : self.n]) if self.n > start else None)

    def _read_slashed_derivative(self, d: Piece) -> Node | None:
        """Read ∂X/∂Y behind its first ∂ or d; return None, and take nothing, if it is no such thing."""
        start = self.n
        if self.ends and not self._is_slash():
            return None
        over = None if self._is_slash() else self._read_factor()
        below = self.pieces[self.n + 1] if self.n + 2 < len(self.pieces) else None
        if not self._is_slash() or not (is_mark(below, "DIFFERENTIAL") or is_letter_d(below)):
            self.n = start
            return None
        self.n += 2
        under = self._read_factor()
        top = build_differential(d, over)
        by = list_variables(top, [build_differential(below, under)], d.place)
        if over is None:
            return self._apply_derivative(by, d.place)
        return tree.Derivative(over, by, top.immediate, d.place)

    def _is_slash(self) -> bool:
        return is_mark(self.next, "OPERATOR") and self.next.text == "/"


def _multiply_all(factors: Sequence[Node], operators: Sequence[Mark | None]) -> Node:
    """Multiply and divide, first what binds tightly, each from left to right."""
    tight, loose = [factors[0]], list[Mark]()
    for factor, operator in zip(factors[1:], operators, strict=True):
        if operator and operator.text in LOOSE:
            loose.append(operator)
            tight.append(factor)
        else:
            tight[-1] = _multiply(tight[-1], operator, factor)
    result = tight[0]
    for factor, operator in zip(tight[1:], loose, strict=True):
        result = _multiply(result, operator, factor)
    return result


def _multiply(left: Node, operator: Mark | None, right: Node) -> Node:
    if operator is None:
        return tree.Product(left, "", right)
    if operator.text == "/":
        return tree.Quotient(left, right, operator.place)
    return tree.Product(left, operator.text, right, operator.place)


def _build_adjacent(symbol: tree.Symbol, argument: Piece, applied: bool) -> tree.Adjacent:
    if isinstance(argument, tree.Scripted) and isinstance(argument.base, tree.Bracket):
        return tree.Adjacent(symbol, argument.base, argument.below, argument.above, applied)
    bracket = argument if isinstance(argument, tree.Bracket) else tree.Bracket((argument,))
    return tree.Adjacent(symbol, bracket, applied=applied)


def _build_repeated(mark: Mark, rest: Sequence[Piece]) -> tree.Repeated:
    """Build a Σ or ∏ over all that follows it, with the limits that stand below and above it."""
    if not rest:
        raise Unreadable(f"nothing stands behind {mark.text}", mark.place)
    letters, first, last = mark.below, None, None
    if len(letters) == 1 and isinstance(letters[0], tree.Relation) and letters[0].sign == "=":
        if len(mark.above) > 1:
            raise Unreadable(f"the upper limit of {mark.text} is not read", mark.place)
        first, last = letters[0].right, mark.above[0] if mark.above else None
        letters = (letters[0].left,)
    elif mark.above or any(isinstance(letter, tree.Relation) for letter in letters):
        raise Unreadable(f"the limits of {mark.text} are not read", mark.place)
    if not letters:
        raise Unreadable(f"{mark.text} does not say over what", mark.place)
    return tree.Repeated(mark.text, letters, first, last, assemble_term(rest), mark.place)


def _evaluate(of: Node, bar: Mark) -> tree.At:
    if not bar.below + bar.above:
        raise Unreadable("the bar does not say where it is evaluated", bar.place)
    return tree.At(of, bar.below + bar.above, bar.place)


def _add_scripts(node: Node, mark: Mark) -> Node:
    return tree.Scripted(node, mark.below, mark.above, mark.place) if mark.below or mark.above else node
