"""From the tokens of a formula to its syntax tree."""

import functools
from collections.abc import Sequence
from fractions import Fraction
from importlib.resources import files
from typing import Any, NamedTuple

from lark import Lark, Transformer, Tree, UnexpectedInput
from lark import Token as Terminal
from lark.exceptions import VisitError

from bptt.proofread.document import Token
from bptt.proofread.syntax._lexer import FONTS, UPRIGHT, TokenLexer, place_of, terminals
from bptt.proofread.syntax._nodes import (
    Bracket,
    Node,
    Number,
    Product,
    Relation,
    Root,
    Scripted,
    Sum,
    Symbol,
    Unreadable,
    depth,
    written,
)
from bptt.proofread.syntax._terms import Mark, Piece, assembled, side_by_side, signed, unbraced

DEEPEST_TREE = 200
DEEPEST_FORMULA = 90
LONGEST_NUMBER = 40  # digits

_TOO_DEEP = "it is nested too deeply"


class _Scripts(NamedTuple):
    below: tuple[Node, ...] = ()
    above: tuple[Node, ...] = ()
    primes: int = 0


@functools.cache
def _parser() -> Lark:
    grammar = files(__package__).joinpath("latex.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", lexer=TokenLexer)


def parse(tokens: Sequence[Token]) -> Node:
    """The syntax tree of one side of an equation.

    Raises `Unreadable`, with the place, for what the grammar does not have, and for what goes beyond its limits.
    """
    found = terminals(tokens)
    if not found:
        raise Unreadable("nothing stands here", place_of(tokens[0]) if tokens else None)
    try:
        tree = _parser().parse(found)
    except UnexpectedInput as error:
        raise _unexpected(error, found[-1]) from None
    if _depth(tree) > DEEPEST_TREE:
        raise Unreadable(_TOO_DEEP)
    try:
        result: Node = _Builder().transform(tree)
    except VisitError as error:
        if isinstance(error.orig_exc, Unreadable):
            raise error.orig_exc from None
        raise
    if depth(result) > DEEPEST_FORMULA:
        raise Unreadable(f"it is nested deeper than {DEEPEST_FORMULA} operations")
    return result


def _unexpected(error: UnexpectedInput, last: Terminal) -> Unreadable:
    terminal: Any = getattr(error, "token", None)
    if terminal is None or terminal.type == "$END":
        return Unreadable("it ends where something must follow", place_of(last))
    return Unreadable(f"{terminal} stands where it cannot be read", place_of(terminal))


def _depth(tree: Tree[Any]) -> int:
    deepest, stack = 0, [(tree, 1)]
    while stack:
        node, depth = stack.pop()
        deepest = max(deepest, depth)
        stack += [(child, depth + 1) for child in node.children if isinstance(child, Tree)]
    return deepest


class _Builder(Transformer[Terminal, Any]):
    """A method for each rule of the grammar. Pieces of a term stay pieces until the whole term is known."""

    def start(self, children: list[Node]) -> Node:
        return children[0]

    def sum(self, children: list[Any]) -> Node:
        terms = signed(children)
        return terms[0] if len(terms) == 1 else Sum(tuple(terms))

    def term(self, children: list[Piece]) -> list[Piece]:
        return children

    def operator(self, children: list[Terminal]) -> Piece:
        return Mark("operator", children[0].value, place=place_of(children[0]))

    def factor(self, children: list[Any]) -> Piece:
        atom, *scripts = children
        below = tuple(item for script in scripts for item in script.below)
        above = tuple(item for script in scripts for item in script.above)
        primes = sum(script.primes for script in scripts)
        if not scripts:
            return atom
        if isinstance(atom, Mark):
            return atom._replace(below=below, above=above, primes=primes)
        if isinstance(atom, Symbol):
            return Symbol(atom.name, atom.below + below, atom.above + above, atom.primes + primes, atom.place)
        if primes:
            raise Unreadable("a prime stands behind a bracket", getattr(atom, "place", None))
        return Scripted(atom, below, above, getattr(atom, "place", None))

    def below(self, children: list[Any]) -> _Scripts:
        return _Scripts(below=_items(children[1]))

    def above(self, children: list[Any]) -> _Scripts:
        return _Scripts(above=_items(children[1]))

    def prime(self, children: list[Terminal]) -> _Scripts:  # noqa: ARG002
        return _Scripts(primes=1)

    def symbol(self, children: list[Terminal]) -> Symbol:
        return Symbol(children[0].value.removeprefix('"'), place=place_of(children[0]))

    mark = symbol

    def number(self, children: list[Terminal]) -> Number:
        digits = children[0].value
        if len(digits) > LONGEST_NUMBER:
            raise Unreadable(f"a number has more than {LONGEST_NUMBER} digits", place_of(children[0]))
        try:
            return Number(Fraction(digits), place_of(children[0]))
        except ValueError:
            raise Unreadable(f"{digits} is no number", place_of(children[0])) from None

    def function(self, children: list[Terminal]) -> Mark:
        return Mark("function", children[0].value.removeprefix("\\"), place=place_of(children[0]))

    def differential(self, children: list[Terminal]) -> Mark:
        return Mark("differential", "∂", place=place_of(children[0]))

    def nabla(self, children: list[Terminal]) -> Mark:
        return Mark("nabla", "∇", place=place_of(children[0]))

    def big(self, children: list[Terminal]) -> Mark:
        return Mark("big", children[0].value, place=place_of(children[0]))

    def evaluated(self, children: list[Terminal]) -> Mark:
        return Mark("evaluated", "|", place=place_of(children[0]))

    def evaluated_bracket(self, children: list[Any]) -> Mark:
        return Mark("evaluated", "|", place=place_of(children[0]), of=children[1])

    def bracket(self, children: list[Any]) -> Bracket:
        opening, *inside, closing = children
        if (opening.value == "<") != (closing.value == ">"):
            raise Unreadable(f"{opening} is closed by {closing}", place_of(closing))
        entries, separators = inside[0] if inside else ((), ())
        return Bracket(entries, separators, opening.value, place_of(opening))

    def bars(self, children: list[Any]) -> Bracket:
        norm = children[0].value in (r"\|", r"\Vert", r"\lVert")
        return Bracket((children[1],), (), "‖" if norm else "|", place_of(children[0]))

    def group(self, children: list[Any]) -> Node:
        entries: tuple[Node, ...] = children[1][0] if len(children) == 3 else ()
        separators: tuple[str, ...] = children[1][1] if len(children) == 3 else ()
        return entries[0] if _alone(entries) else Bracket(entries, separators, "{", place_of(children[0]))

    def entries(self, children: list[Any]) -> tuple[tuple[Node, ...], tuple[str, ...]]:
        return tuple(children[::2]), tuple(map(str, children[1::2]))

    def relation(self, children: list[Any]) -> Relation:
        return Relation(children[0], children[1].value, children[2])

    def fraction(self, children: list[Any]) -> Mark:
        return Mark("fraction", "the fraction", place=place_of(children[0]), of=children[1], under=children[2])

    def whole_fraction(self, children: list[Any]) -> Node:
        return assembled([self.fraction(children)])

    def root(self, children: list[Any]) -> Root:
        if isinstance(children[1], Bracket) and children[1].kind == "[":
            raise Unreadable("only square roots are read", place_of(children[0]))
        return Root(unbraced(children[1]), place_of(children[0]))

    def accented(self, children: list[Any]) -> Node:
        return _accented(children[0], children[1])


def _alone(entries: tuple[Node, ...]) -> bool:
    """Whether braces around them change nothing: a symbol in braces takes the scripts behind them."""
    return len(entries) == 1 and isinstance(entries[0], Symbol | Number) and not getattr(entries[0], "above", ())


def _items(argument: Node) -> tuple[Node, ...]:
    """The items of a script: its entries, with what is written side by side taken apart."""
    entries = argument.entries if isinstance(argument, Bracket) and argument.kind == "{" else (argument,)
    return tuple(item for entry in entries for item in side_by_side(entry))


def _accented(accent: Terminal, of: Node) -> Node:
    name = accent.value
    of = unbraced(of)
    if name in UPRIGHT and isinstance(of, Product):
        letters = side_by_side(of)
        if all(isinstance(item, Symbol | Number) and not getattr(item, "below", ()) for item in letters):
            return Symbol("".join(map(written, letters)), place=place_of(accent))
    if isinstance(of, Symbol):
        renamed = of.name if len(of.name) > 1 and name in UPRIGHT else f"{name}{{{of.name}}}"
        return Symbol(renamed, of.below, of.above, of.primes, of.place)
    if isinstance(of, Number):
        return Symbol(f"{name}{{{of.value}}}", place=place_of(accent))
    if isinstance(of, Product) and of.operator == "" and name in FONTS:
        return Product(_accented(accent, of.left), "", _accented(accent, of.right), of.place)
    raise Unreadable(f"{name} stands over more than a symbol", place_of(accent))
