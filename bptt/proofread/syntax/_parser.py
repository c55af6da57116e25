"""Parse the tokens of a formula into its syntax tree: symbols, groups, brackets and bars, fractions, fonts."""

from collections.abc import Callable, Collection, Sequence
from fractions import Fraction

from bptt.proofread.document import Token, is_number
from bptt.proofread.syntax import tree
from bptt.proofread.syntax._cursor import ENDS, RELATIONS
from bptt.proofread.syntax._derivatives import read_quotient
from bptt.proofread.syntax._environments import make_cases, parse_environment
from bptt.proofread.syntax._lexer import Lexeme, classify_tokens
from bptt.proofread.syntax._scripts import ACCENTS, OLD_FONTS, WORD_FONTS, add_scripts, apply_accent, unwrap
from bptt.proofread.syntax._terms import OPERATORS, TermParser
from bptt.proofread.syntax.tree import Node, Place, Symbol, Unreadable

LONGEST_NUMBER = 40  # digits: beyond it a number is no formula, and powers of it would fill the memory
_CLOSING = {
    "(": (")", "]"), "[": ("]", ")"), r"\{": (r"\}",), "<": (">",), r"\lfloor": (r"\rfloor",), r"\lceil": (r"\rceil",),
}  # fmt: skip
_BIG = frozenset({r"\sum", r"\prod", "max", "min", "argmax", "argmin", "lim", "sup", "inf"})
_LOOSE = tree.Sum | tree.Negative | tree.Product | tree.Relation | tree.Scripted | tree.At  # what braces hold together
_NO_SYMBOLS = RELATIONS | OPERATORS | ENDS


def parse(tokens: Sequence[Token], words: Collection[str] = ()) -> Node:
    """Parse one side of an equation; `words` are names of several letters that stand without a font.

    Raises `Unreadable`, with the place, for what is no formula, and for what goes beyond the limits.
    """
    parser = _Parser(classify_tokens(tokens, words))
    if not parser.lexemes:
        raise Unreadable("nothing stands here")
    node = parser.parse_sum()
    parser.require_end()
    return node


def parse_list(tokens: Sequence[Token], words: Collection[str] = ()) -> tuple[Node, ...]:
    """Parse formulas and relations that stand behind commas: a condition beside an equation. Raises `Unreadable`."""
    parser = _Parser(classify_tokens(tokens, words))
    entries, _ = parser.parse_entries()
    parser.require_end()
    return entries


class _Parser(TermParser):
    """A parser of one formula."""

    def parse_atom(self) -> Node:
        """Parse a factor without its scripts. Raises `Unreadable`."""
        if bar := self.bar:
            return self._parse_bars(bar)
        lexeme = self.take()
        text, place = lexeme.text, lexeme.place
        if lexeme.word:
            return _make_word(lexeme)
        if text == "." and lexeme.side == "left":
            return self._parse_left_alone(place)
        if text in _CLOSING:
            return self._parse_bracket(text, place)
        if text in ACCENTS or text in OLD_FONTS:
            return self._parse_accent(OLD_FONTS.get(text, text), place)
        if text in _COMMANDS:
            return _COMMANDS[text](self, place)
        if is_number(text):
            return _make_number(text, place)
        if not text.removeprefix("\\").isalpha() or text in _NO_SYMBOLS:
            self.at -= 1
            self.refuse()
        return Symbol(text, place=place)

    def parse_group(self) -> Node:
        """Parse what stands in braces; a symbol in braces is that symbol, so that it takes the scripts behind them."""
        place = self.expect("{").place
        with self.nest():
            font = OLD_FONTS.get(self.take_if(*OLD_FONTS), "")
            if font and (word := self._take_word(font)):
                return word
            entries, separators = self.parse_entries("\\\\")  # of a \substack
            if len(entries) == 1 and self.take_if(r"\over"):
                entries = (read_quotient(entries[0], self.parse_sum(), place),)
        self.expect("}")
        if font:
            return apply_accent(font, tree.Bracket(entries, separators, "{", place), place)
        keeps_braces = len(entries) != 1 or isinstance(entries[0], _LOOSE)
        return tree.Bracket(entries, separators, "{", place) if keeps_braces else entries[0]

    def _parse_braces(self, place: Place) -> Node:
        """Parse a group that is a factor; an empty one with scripts gives them to the factor behind it: {}_S W."""
        self.at -= 1
        with self.nest():
            group = self.parse_group()
            if not isinstance(group, tree.Bracket) or group.entries:
                return group
            below, above, _ = self.take_scripts()
            if self.ends_term():
                raise Unreadable("nothing stands here", place)
            return add_scripts(self.parse_atom(), below, above, 0)

    def _parse_bracket(self, opening: str, place: Place) -> Node:
        with self.nest(*("<" if opening == "<" else "")):
            entries, separators = self.parse_entries()
        match entries:
            case (tree.Grid(rows),) if opening == r"\{" and self.side == "right" and self.take_if("."):
                return make_cases(tree.Grid(rows, place))
        self.expect(*_CLOSING[opening])
        return tree.Bracket(entries, separators, opening, place)

    def _parse_bars(self, bar: str) -> Node:
        place = self.place
        self.take_bar()
        with self.nest(*self.bars, bar):
            inside = self.parse_sum()
            if self.bar != bar:
                self.refuse()
            self.take_bar()
        return tree.Bracket((inside,), (), "‖" if bar == r"\|" else "|", place)

    def _parse_left_alone(self, place: Place) -> Node:
        r"""Parse \left. … \right|_{…}: what stands between is evaluated."""
        with self.nest("|"):
            inside = self.parse_sum()
            self.expect("|")
        scripts = self.take_scripts(whole=True)
        if not scripts.below and not scripts.above:
            raise Unreadable("the bar does not say where it is evaluated", place)
        return tree.At(inside, scripts.below + scripts.above, place)

    def _parse_operand(self) -> Node:
        """Parse the argument of a command. Raises `Unreadable` for an empty one."""
        place, operand = self.place, unwrap(self.parse_argument())
        if isinstance(operand, tree.Bracket) and not operand.entries and operand.kind == "{":
            raise Unreadable("nothing stands here", place)
        return operand

    def _parse_root(self, place: Place) -> Node:
        degree = None
        if self.take_if("["):
            with self.nest():
                degree = self.parse_sum()
            self.expect("]")
        return tree.Root(self._parse_operand(), degree, place)

    def _parse_accent(self, accent: str, place: Place) -> Node:
        """Parse what stands under an accent or in a font."""
        if accent == r"\operatorname":
            self.take_if("*")
        start = self.at
        if self.take_if("{") and (word := self._take_word(accent)):
            return word
        self.at = start
        return apply_accent(accent, self._parse_operand(), place)

    def _take_word(self, font: str) -> Node | None:
        """Take a word of several letters up to the closing brace, if there is nothing else."""
        start, parts = self.at, list[str]()
        while font in WORD_FONTS and (self.text.replace("-", "").isalnum() or (parts and self.text == "-")):
            parts.append(self.take().text)
        name = "".join(parts)
        is_word = len(name) > 1 and all(part.isalnum() and part[-1].isalpha() for part in name.split("-"))
        if self.text == "}" and is_word:
            self.take()
            return _make_word(self.lexemes[start]._replace(text=name))
        self.at = start
        return None


def _make_number(digits: str, place: Place) -> tree.Number:
    if len(digits) > LONGEST_NUMBER:
        raise Unreadable(f"a number has more than {LONGEST_NUMBER} digits", place)
    return tree.Number(Fraction(digits), place)


def _make_word(lexeme: Lexeme) -> Node:
    if lexeme.text in _BIG:
        return tree.Big(lexeme.text, place=lexeme.place)
    is_name = all(part.isalnum() for part in lexeme.text.split("-"))
    return (Symbol if is_name else tree.Words)(lexeme.text, place=lexeme.place)


_COMMANDS: dict[str, Callable[[_Parser, Place], Node]] = {
    "{": _Parser._parse_braces,
    r"\frac": lambda parser, place: read_quotient(parser._parse_operand(), parser._parse_operand(), place),
    r"\sqrt": _Parser._parse_root,
    r"\begin": parse_environment,
    r"\substack": lambda parser, _: parser.parse_group(),
    r"\sum": lambda _, place: tree.Big(r"\sum", place=place),
    r"\prod": lambda _, place: tree.Big(r"\prod", place=place),
    r"\partial": lambda _, place: tree.Differential(r"\partial", place=place),
    r"\nabla": lambda _, place: tree.Nabla(None, place=place),
    "…": lambda _, place: tree.Dots(place),
}
