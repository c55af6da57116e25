"""Go through the lexemes of a formula: which stands here, which brackets and bars are open around it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NoReturn

from bptt.proofread.syntax._lexer import Lexeme
from bptt.proofread.syntax.tree import Place, Unreadable

DEEPEST = 40  # brackets, scripts and commands within one another: each takes up to seven calls of Python
RELATIONS = frozenset({
    "=", ":=", r"\neq", r"\le", r"\ge", r"\in", "<", ">", r"\approx", r"\propto", r"\sim", r"\to", r"\rightarrow",
    r"\notin", r"\succ", r"\succeq",
})  # fmt: skip
ENDS = frozenset({")", "]", r"\}", ">", "}", "&", "\\\\", r"\end", r"\rfloor", r"\rceil", r"\over", ""})
_BETWEEN = frozenset({",", ";", "+", "-", ":"})
_FARTHEST = 400  # lexemes that are looked at ahead, so that many bars do not take the square of the length
_OPENING, _CLOSING = frozenset({"(", "[", "{", r"\{"}), frozenset({")", "]", "}", r"\}"})


class Cursor:
    """A place among lexemes, with the bars that are open in the innermost bracket."""

    def __init__(self, lexemes: Sequence[Lexeme]) -> None:
        self.lexemes = list(lexemes)
        self.at = 0
        self.depth = 0
        self.bars: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The text of the lexeme at the place, "" at the end."""
        return self.peek(0)

    @property
    def place(self) -> Place | None:
        """Where the lexeme stands in the file; at the end, where the last one does."""
        return self.lexemes[min(self.at, len(self.lexemes) - 1)].place if self.lexemes else None

    @property
    def side(self) -> str:
        """The `left`, `right` or `middle` of the lexeme at the place, "" if it has none."""
        return self.lexemes[self.at].side if self.at < len(self.lexemes) else ""

    @property
    def bar(self) -> str:
        r"""The bar at the place, `|` or `\|`, "" if there is none. Two single ones are a double one but in |a||b|."""
        if self.text == "|" and self.peek(1) == "|" and self.bars[-1:] != ("|",):
            one, other = self.lexemes[self.at : self.at + 2]
            if one.side == other.side and (one.side or one.place.column + 1 == other.place.column):
                return r"\|"
        return self.text if self.text in ("|", r"\|") else ""

    def peek(self, distance: int) -> str:
        """Return the text of the lexeme that far ahead, "" behind the end."""
        return self.lexemes[self.at + distance].text if self.at + distance < len(self.lexemes) else ""

    def take(self) -> Lexeme:
        """Take the lexeme at the place. Raises `Unreadable` at the end."""
        if self.at >= len(self.lexemes):
            self.refuse()
        self.at += 1
        return self.lexemes[self.at - 1]

    def take_if(self, *texts: str) -> str:
        """Take the lexeme at the place if it is one of these; return its text, else ""."""
        return self.take().text if self.text and self.text in texts else ""

    def take_bar(self) -> str:
        """Take the bar at the place, of one lexeme or two."""
        bar = self.bar
        self.at += 1 + (bar == r"\|" and self.text == "|")
        return bar

    def expect(self, *texts: str) -> Lexeme:
        """Take the lexeme at the place. Raises `Unreadable` unless it is one of these."""
        if self.text not in texts:
            self.refuse()
        return self.take()

    def require_end(self) -> None:
        """Raise `Unreadable` if anything is left."""
        if self.at < len(self.lexemes):
            self.refuse()

    def refuse(self) -> NoReturn:
        """Raise `Unreadable` for what stands at the place."""
        if self.at >= len(self.lexemes):
            raise Unreadable("it ends where something must follow", self.place)
        raise Unreadable(f"{self.text} stands where it cannot be read", self.place)

    def ends_term(self) -> bool:
        """Whether what stands at the place is no further factor."""
        if self.bar:
            closes = self.bar in self.bars or self.side == "right"
            return self.side != "left" and (closes or self.separates())
        if self.text in RELATIONS:
            return not (self.text == "<" and self.opens_angle())
        return self.text in ENDS or self.text in _BETWEEN or (self.text == "." and self.side != "left")

    def separates(self) -> bool:
        """Whether a bar at the place separates, as in p(x | y), since it would have no partner in its bracket."""
        double = self.bar != self.text
        others = self.look_ahead()[double:].count(self.text) // (1 + double)
        return bool(self.bar) and (self.side == "middle" or others % 2 == 0)

    def opens_angle(self) -> bool:
        r"""Whether the < at the place opens a bracket: it is \langle, or a comma and then a > follow."""
        following = self.look_ahead()
        return self.side == "left" or (">" in following and "," in following[: following.index(">")])

    def look_ahead(self) -> list[str]:
        """Return the texts behind the place, outside of brackets, up to where the bracket around it closes."""
        found, depth = list[str](), 0
        for lexeme in self.lexemes[self.at + 1 : self.at + _FARTHEST]:
            depth += (lexeme.text in _OPENING) - (lexeme.text in _CLOSING)
            if depth < 0:
                break
            if not depth:
                found.append(lexeme.text)
        return found

    @contextmanager
    def nest(self, *bars: str) -> Iterator[None]:
        """Go into a bracket, a script or an argument, in which these bars are open. Raises `Unreadable` if too deep."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise Unreadable(f"it is nested deeper than {DEEPEST} brackets", self.place)
        before, self.bars = self.bars, bars
        yield
        self.bars = before
        self.depth -= 1
