"""Parse what stands side by side: entries of a bracket, relations, sums, products, factors with their scripts."""

from abc import ABC, abstractmethod
from typing import NamedTuple

from bptt.proofread.document import is_number
from bptt.proofread.syntax import tree
from bptt.proofread.syntax._cursor import ENDS, RELATIONS, Cursor
from bptt.proofread.syntax._derivatives import join_slashes, make_mark
from bptt.proofread.syntax._scripts import add_scripts, list_entries, list_items
from bptt.proofread.syntax.tree import UPRIGHT_PI, Node, Symbol, Unreadable, multiply

MOST_FACTORS = 60  # of one product, and terms of one sum
OPERATORS = frozenset({r"\cdot", r"\times", r"\odot", r"\otimes", "/", r"\star", r"\oplus"})
_ALONE = frozenset({"*", "+", "-", ":", r"\cdot", r"\star", r"\times", r"\oplus", r"\odot", r"\otimes"})  # as a script
_LEADING = frozenset({":", "<", ">", r"\le", r"\ge", r"\neq"})  # as in A_{:j} and x_{<t}


class Scripts(NamedTuple):
    """What stands below and above a factor, each as a list of items, and the number of its primes."""

    below: tuple[Node, ...] = ()
    above: tuple[Node, ...] = ()
    primes: int = 0


class TermParser(Cursor, ABC):
    """The part of a parser that knows what stands side by side, and not what a factor is."""

    @abstractmethod
    def parse_atom(self) -> Node:
        """Parse a factor without its scripts. Raises `Unreadable`."""

    @abstractmethod
    def parse_group(self) -> Node:
        """Parse what stands in braces; a symbol in braces is that symbol. Raises `Unreadable`."""

    def parse_entries(self, *separators: str) -> tuple[tuple[Node, ...], tuple[str, ...]]:
        """Parse what stands in a bracket: formulas and relations, behind commas, semicolons and bars."""
        entries, between = list[Node](), list[str]()
        while self.text not in ENDS:
            entries.append(self.parse_relation())
            if self.bar and self.bar not in self.bars and self.separates():
                between.append(self.take_bar())
            elif separator := self.take_if(",", ";", *separators):
                between.append(separator)
            else:
                break
        return tuple(entries), tuple(between)

    def parse_relation(self) -> Node:
        """Parse a formula, or a chain of relations such as 1 ≤ k ≤ t; a colon stands side by side with formulas."""
        if self.text in _ALONE and self.peek(1) in ENDS | {",", ";"}:
            return self.take_symbol()
        if self.text in _LEADING and not (self.text == "<" and (self.side or ">" in self.look_ahead())):
            return multiply((self.take_symbol(), self.parse_sum()), ("",))
        node = self.parse_sum()
        while self.text in RELATIONS and not (self.text == ">" and ("<" in self.bars or self.side == "right")):
            sign = self.take().text
            node = tree.Relation(node, sign, self.parse_sum())
        return self._parse_colon(node) if self.text == ":" else node

    def _parse_colon(self, node: Node) -> Node:
        """Parse what stands behind a colon: the end of a slice, or a condition, as in i : y_i = 1."""
        colon = self.take_symbol()
        if self.text in ENDS | {",", ";"}:
            return multiply((node, colon), ("",))
        rest = self.parse_relation()
        if isinstance(node, tree.Relation) or isinstance(rest, tree.Relation):
            return tree.Bracket((node, rest), (":",), "{", colon.place)
        return multiply((node, colon, rest), ("", ""))

    def take_symbol(self) -> Symbol:
        """Take the lexeme at the place for a symbol, whatever it is."""
        lexeme = self.take()
        return Symbol(lexeme.text, place=lexeme.place)

    def parse_sum(self) -> Node:
        """Parse terms with their signs."""
        terms: list[Node] = []
        while not terms or self.text in ("+", "-"):
            sign = self.take_if("+", "-")
            term = self.parse_term()
            terms.append(tree.Negative(term) if sign == "-" else term)
            if len(terms) > MOST_FACTORS:
                raise Unreadable(f"a sum has more than {MOST_FACTORS} terms", self.place)
        return terms[0] if len(terms) == 1 else tree.Sum(tuple(terms))

    def parse_term(self) -> Node:
        """Parse factors side by side, and what stands between them."""
        factors, operators, place = [self.parse_factor()], list[str](), self.place
        self._parse_evaluation(factors, operators)
        while (operator := self.take_if(*OPERATORS, "*")) or self._follows_sum(factors[-1]) or not self.ends_term():
            operators.append(operator)
            factor = self._parse_signed() if operator or self._follows_sum(factors[-1]) else self.parse_factor()
            is_number = factor == Symbol(r"\pi") and not operator and isinstance(factors[-1], tree.Number)
            factors.append(Symbol(UPRIGHT_PI, place=self.place) if is_number else factor)  # 2π, whatever π is elsewhere
            if len(factors) > MOST_FACTORS:
                raise Unreadable(f"a term has more than {MOST_FACTORS} factors", self.place)
            self._parse_evaluation(factors, operators)
        join_slashes(factors, operators)
        return multiply(tuple(factors), tuple(operators), place)

    def _follows_sum(self, before: Node) -> bool:
        """Whether a sign belongs to what is summed, as in Σ_i −2 x_i."""
        return self.text in ("+", "-") and isinstance(before, tree.Big)

    def _parse_signed(self) -> Node:
        """Parse a factor behind an operator, which may have a sign."""
        sign = self.take_if("+", "-")
        factor = self.parse_factor()
        return tree.Negative(factor) if sign == "-" else factor

    def parse_factor(self) -> Node:
        """Parse an atom with its scripts."""
        return self._give_scripts(self.parse_atom(), self.take_scripts())

    def _parse_evaluation(self, factors: list[Node], operators: list[str]) -> None:
        """Parse the bar behind factors that says where they are evaluated; put what it evaluates in their place."""
        while self.bar and self.bar not in self.bars and self.side != "left" and self.peek(1) in ("_", "^"):
            place = self.take().place
            scripts = self.take_scripts(whole=True)
            start = _find_evaluated(factors, operators)
            of = multiply(tuple(factors[start:]), tuple(operators[start:]))
            factors[start:] = [tree.At(of, scripts.below + scripts.above, place)]
            del operators[start:]

    def _give_scripts(self, atom: Node, scripts: Scripts) -> Node:
        below, above, primes = scripts
        if isinstance(atom, tree.Nabla):
            by, order = below[0] if below else None, 2 if [tree.written(item) for item in above] == ["2"] else 1
            twice = len(below) == 2 and below[0] == below[1]  # ∇_{xx}, or ∇²_{xx}
            if (len(below) > 1 and not twice) or (above and order == 1) or primes:
                raise Unreadable("the scripts of ∇ are not read", atom.place)
            return tree.Nabla(by, 2 if twice else order, atom.place)
        if isinstance(atom, tree.Big) and not primes:
            return tree.Big(atom.operator, below, above, atom.place)
        if isinstance(atom, tree.Differential):
            if below and not above and not primes:
                return tree.Derivative(None, below, place=atom.place)  # ∂_x f
            return make_mark(Symbol(atom.sign, below, above, primes, atom.place))
        return add_scripts(atom, below, above, primes)

    def take_scripts(self, whole: bool = False) -> Scripts:
        """Take what stands below and above; `whole`: what stands side by side in a script is no list of items."""
        below, above, primes = tuple[Node, ...](), tuple[Node, ...](), 0
        while sign := self.take_if("_", "^", "'"):
            if sign == "'":
                primes += 1
                continue
            count, alone = self._take_primes() if sign == "^" else (0, False)
            primes += count
            if alone:
                continue
            content = self.parse_argument()
            items = list_entries(content) if whole else list_items(content)
            below, above = (below + items, above) if sign == "_" else (below, above + items)
        return Scripts(below, above, primes)

    def _take_primes(self) -> tuple[int, bool]:
        r"""Take the primes with which a superscript begins, and all of it if it holds nothing else, as in x^\prime."""
        if self.take_if("'"):
            return 1, True
        count = 0
        while self.text == "{" and self.peek(1 + count) == "'":
            count += 1
        alone = count > 0 and self.peek(1 + count) == "}"
        if alone:
            self.at += count + 2
        else:
            del self.lexemes[self.at + 1 : self.at + 1 + count]
        return count, alone

    def parse_argument(self) -> Node:
        """Parse the argument of a command or a script: a group, or one token, of a number its first digit."""
        with self.nest():
            if self.text == "{":
                return self.parse_group()
            if is_number(self.text) and len(self.text) > 1:
                number = self.lexemes[self.at]
                rest = tree.Place(number.place.line, number.place.column + 1)
                digits = number._replace(text=number.text[0]), number._replace(text=number.text[1:], place=rest)
                self.lexemes[self.at : self.at + 1] = digits
            return self.take_symbol() if self.text in _ALONE else self.parse_atom()


def _find_evaluated(factors: list[Node], operators: list[str]) -> int:
    """Return where starts what a bar behind factors evaluates: a derivative, a function with its argument, a factor."""
    start = last = len(factors) - 1
    while start and not operators[start - 1]:
        start -= 1
        match factors[start]:
            case tree.Nabla() | tree.Derivative(None):
                return start
    has_argument = isinstance(factors[last], tree.Bracket) and last > start and isinstance(factors[last - 1], Symbol)
    return last - has_argument
