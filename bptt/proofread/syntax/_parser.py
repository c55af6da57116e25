"""Parse the tokens of a formula into its syntax tree."""

import functools
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from importlib.resources import files
from typing import Any, TypeVar

from lark import Lark, Transformer, Tree, UnexpectedInput, v_args
from lark import Token as Terminal
from lark.exceptions import VisitError

from bptt.proofread.document import Token
from bptt.proofread.syntax import tree
from bptt.proofread.syntax._lexer import FONTS, UPRIGHT, TokenLexer, classify_tokens, place_of
from bptt.proofread.syntax._pieces import Mark, Piece, split_product, strip_braces
from bptt.proofread.syntax._terms import assemble_term, combine_terms
from bptt.proofread.syntax.tree import Node, Unreadable, list_parts, written

# What reads a tree calls itself some times for each level, and Python allows 1,000 calls within one another.
DEEPEST_TREE = 200
DEEPEST_FORMULA = 90
LONGEST_NUMBER = 40  # digits: beyond it a number is no formula, and powers of it would fill the memory

T = TypeVar("T")
Script = tuple[str, tuple[Node, ...]]  # SUB, SUP or PRIME, and what stands there
Entries = tuple[tuple[Node, ...], tuple[str, ...]]  # what stands in brackets, and the separators between
NO_ENTRIES: Entries = ((), ())


@functools.cache
def _load_parser() -> Lark:
    grammar = files(__package__).joinpath("latex.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", lexer=TokenLexer)


def parse(tokens: Sequence[Token]) -> Node:
    """Parse one side of an equation.

    Raises `Unreadable`, with the place, for what the grammar does not have, and for what goes beyond its limits.
    """
    terminals = classify_tokens(tokens)
    if not terminals:
        raise Unreadable("nothing stands here", place_of(tokens[0]) if tokens else None)
    try:
        parsed = _load_parser().parse(terminals)
    except UnexpectedInput as error:
        unexpected: Any = getattr(error, "token", None)
        if unexpected is None or unexpected.type == "$END":
            raise Unreadable("it ends where something must follow", place_of(terminals[-1])) from None
        raise Unreadable(f"{unexpected} stands where it cannot be read", place_of(unexpected)) from None
    depth = _measure_depth(parsed, lambda node: [child for child in node.children if isinstance(child, Tree)])
    if depth > DEEPEST_TREE:
        raise Unreadable("it is nested too deeply")
    try:
        formula: Node = _Builder().transform(parsed)
    except VisitError as error:
        raise error.orig_exc from None
    if _measure_depth(formula, lambda node: list_parts(node, scripts=True)) > DEEPEST_FORMULA:
        raise Unreadable(f"it is nested deeper than {DEEPEST_FORMULA} operations")
    return formula


def _measure_depth(root: T, list_children: Callable[[T], Iterable[T]]) -> int:
    """Count the levels of a tree, without a call for each, so that any tree can be measured."""
    depth, level = 0, [root]
    while level:
        depth, level = depth + 1, [child for node in level for child in list_children(node)]
    return depth


@v_args(inline=True)
class _Builder(Transformer[Terminal, Any]):
    """A method for each rule of the grammar. Pieces of a term stay pieces until the whole term is known."""

    def sum(self, *children: Any) -> Node:
        terms = combine_terms(children)
        return terms[0] if len(terms) == 1 else tree.Sum(tuple(terms))

    def term(self, *pieces: Piece) -> list[Piece]:
        return list(pieces)

    def factor(self, atom: Piece, *scripts: Script) -> Piece:
        if not scripts:
            return atom
        below = tuple(item for kind, items in scripts if kind == "SUB" for item in items)
        above = tuple(item for kind, items in scripts if kind == "SUP" for item in items)
        primes = [kind for kind, _ in scripts].count("PRIME")
        if isinstance(atom, Mark):
            return atom._replace(below=below, above=above, primes=primes)
        if isinstance(atom, tree.Symbol):
            return tree.Symbol(atom.name, atom.below + below, atom.above + above, atom.primes + primes, atom.place)
        if primes:
            raise Unreadable("a prime stands behind a bracket", getattr(atom, "place", None))
        return tree.Scripted(atom, below, above, getattr(atom, "place", None))

    def script(self, sign: Terminal, argument: Node | None = None) -> Script:
        """Take what is written side by side in a script apart, as in W_{kl}."""
        if argument is None:
            return sign.type, ()
        entries = argument.entries if isinstance(argument, tree.Bracket) and argument.kind == "{" else (argument,)
        return sign.type, tuple(item for entry in entries for item in split_product(entry))

    def mark(self, terminal: Terminal) -> Mark:
        text = terminal.removeprefix("\\") if terminal.type == "FUNCTION" else str(terminal)
        return Mark(terminal.type, text, place_of(terminal))

    def symbol(self, terminal: Terminal) -> tree.Symbol:
        return tree.Symbol(terminal.removeprefix('"'), place=place_of(terminal))

    def number(self, digits: Terminal) -> tree.Number:
        if len(digits) > LONGEST_NUMBER:
            raise Unreadable(f"a number has more than {LONGEST_NUMBER} digits", place_of(digits))
        if digits == ".":  # as TeX reads x^.5
            raise Unreadable(". is no number", place_of(digits))
        return tree.Number(Fraction(digits), place_of(digits))

    def bracket(self, opening: Terminal, inside: Entries | None, closing: Terminal) -> tree.Bracket:
        if (opening == "<") != (closing == ">"):
            raise Unreadable(f"{opening} is closed by {closing}", place_of(closing))
        return tree.Bracket(*(inside or NO_ENTRIES), str(opening), place_of(opening))

    def bars(self, opening: Terminal, inside: Node, _: Terminal) -> tree.Bracket:
        return tree.Bracket((inside,), (), "‖" if opening in (r"\|", r"\Vert", r"\lVert") else "|", place_of(opening))

    def evaluated(self, opening: Terminal, inside: Node, _: Terminal) -> Mark:
        return Mark("EVALUATED", "|", place_of(opening), parts=(inside,))

    def group(self, opening: Terminal, inside: Entries | None, _: Terminal) -> Node:
        entries, separators = inside or NO_ENTRIES
        alone = entries[0] if len(entries) == 1 else None
        if isinstance(alone, tree.Symbol | tree.Number) and not getattr(alone, "above", ()):
            return alone  # a symbol in braces takes the scripts behind them
        return tree.Bracket(entries, separators, "{", place_of(opening))

    def entries(self, *children: Any) -> Entries:
        return children[::2], tuple(map(str, children[1::2]))

    def relation(self, left: Node, sign: Terminal, right: Node) -> tree.Relation:
        return tree.Relation(left, str(sign), right)

    def fraction(self, sign: Terminal, over: Node, under: Node) -> Mark:
        return self.mark(sign)._replace(parts=(over, under))

    def whole_fraction(self, sign: Terminal, over: Node, under: Node) -> Node:
        return assemble_term([self.fraction(sign, over, under)])

    def root(self, sign: Terminal, radicand: Node) -> tree.Root:
        return tree.Root(strip_braces(radicand), place_of(sign))

    def accented(self, accent: Terminal, of: Node) -> Node:
        """Give an accent or a font to a symbol: as part of its name."""
        of = strip_braces(of)
        letters = split_product(of)
        plain = all(isinstance(one, tree.Symbol | tree.Number) and not getattr(one, "below", ()) for one in letters)
        if accent in UPRIGHT and isinstance(of, tree.Product) and plain:
            return tree.Symbol("".join(map(written, letters)), place=place_of(accent))
        if isinstance(of, tree.Symbol):
            renamed = of.name if len(of.name) > 1 and accent in UPRIGHT else f"{accent}{{{of.name}}}"
            return tree.Symbol(renamed, of.below, of.above, of.primes, of.place)
        if isinstance(of, tree.Number):
            return tree.Symbol(f"{accent}{{{of.value}}}", place=place_of(accent))
        if isinstance(of, tree.Product) and of.operator == "" and accent in FONTS:
            return tree.Product(self.accented(accent, of.left), "", self.accented(accent, of.right), of.place)
        raise Unreadable(f"{accent} stands over more than a symbol", place_of(accent))
