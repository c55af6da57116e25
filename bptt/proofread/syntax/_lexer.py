"""Classify the tokens of a document: what each is in the grammar of formulas."""

from collections.abc import Iterator, Sequence
from typing import Any

from lark import Token as Terminal
from lark.lexer import Lexer

from bptt.proofread.document import DELIMITERS, Token, is_number
from bptt.proofread.syntax.tree import Place, Unreadable

MOST_TOKENS = 2_000  # of one side of an equation, which is more than a page
DEEPEST = 40  # brackets and braces within one another: what reads the tree calls itself for each

_SIZED = DELIMITERS - {r"\left", r"\right"}
FONTS = frozenset({
    r"\mathbf", r"\boldsymbol", r"\bm", r"\pmb", r"\mathcal", r"\mathbb", r"\mathfrak", r"\mathscr", r"\mathnormal",
})  # fmt: skip
UPRIGHT = frozenset({r"\mathrm", r"\operatorname", r"\mathsf", r"\mathtt", r"\mathit", r"\rm", r"\textsf"})
_TEXTS = frozenset({r"\text", r"\textrm", r"\textit", r"\textbf", r"\texttt", r"\mbox"})
_ABOVE = frozenset({
    r"\tilde", r"\widetilde", r"\hat", r"\widehat", r"\bar", r"\overline", r"\vec", r"\dot", r"\ddot", r"\check",
    r"\breve", r"\underline", r"\overrightarrow",
})  # fmt: skip
_ACCENTS = FONTS | UPRIGHT | _ABOVE
_FUNCTIONS = frozenset({
    r"\exp", r"\log", r"\ln", r"\sin", r"\cos", r"\tan", r"\tanh", r"\sinh", r"\cosh", r"\arctan", r"\arcsin",
    r"\arccos", r"\max", r"\min", r"\argmax", r"\argmin", r"\arg", r"\det", r"\lim", r"\sup", r"\inf", r"\sec",
})  # fmt: skip
_DOTS = frozenset({
    r"\ldots", r"\cdots", r"\dots", r"\vdots", r"\ddots", r"\dotsc", r"\dotsb", r"\dotsm", r"\dotsi", "…", "⋯",
})  # fmt: skip
_UNREAD = frozenset({
    r"\int", r"\iint", r"\oint", r"\bigcup", r"\bigcap", r"\coprod", r"\binom", r"\pm", r"\mp", r"\begin", r"\end",
    r"\atop", r"\over", r"\choose",
})  # fmt: skip

_KINDS: dict[str, str] = (
    dict.fromkeys("+-−", "SIGN")
    | dict.fromkeys((r"\cdot", r"\times", "*", r"\ast", r"\odot", r"\circ", r"\otimes", "/", r"\div"), "OPERATOR")
    | dict.fromkeys("·×⊙∘⊗⋅∗", "OPERATOR")
    | dict.fromkeys(("(", "[", r"\{", r"\lbrace", r"\lbrack", r"\langle", "<", "⟨"), "OPEN")
    | dict.fromkeys((")", "]", r"\}", r"\rbrace", r"\rbrack", r"\rangle", ">", "⟩"), "CLOSE")
    | {"{": "LBRACE", "}": "RBRACE", "_": "SUB", "^": "SUP", "'": "PRIME", r"\prime": "PRIME", "′": "PRIME"}
    | {",": "SEPARATOR", ";": "SEPARATOR", r"\partial": "DIFFERENTIAL", "∂": "DIFFERENTIAL"}
    | {r"\nabla": "NABLA", "∇": "NABLA", r"\sum": "BIG", r"\prod": "BIG", "∑": "BIG", "∏": "BIG", r"\sqrt": "ROOT"}
    | dict.fromkeys((r"\frac", r"\dfrac", r"\tfrac", r"\cfrac"), "FRACTION")
    | dict.fromkeys(("=", ":=", r"\neq", r"\ne", r"\le", r"\leq", r"\ge", r"\geq", r"\in", r"\equiv"), "RELATION")
    | dict.fromkeys(_ACCENTS, "ACCENT")
    | dict.fromkeys(_FUNCTIONS, "FUNCTION")
)
_SPELLINGS = {
    "−": "-", "·": r"\cdot", "⋅": r"\cdot", "×": r"\times", "*": r"\times", "∗": r"\times", r"\ast": r"\times",
    "⊙": r"\odot", "∘": r"\odot", r"\circ": r"\odot", "⊗": r"\otimes", r"\div": "/", "∑": r"\sum", "∏": r"\prod",
    r"\lbrace": r"\{", r"\lbrack": "[", r"\rbrace": r"\}", r"\rbrack": "]", r"\langle": "<", r"\rangle": ">",
    "⟨": "<", "⟩": ">", r"\widetilde": r"\tilde", r"\widehat": r"\hat", r"\overline": r"\bar", r"\bm": r"\mathbf",
    r"\boldsymbol": r"\mathbf", r"\pmb": r"\mathbf", r"\overrightarrow": r"\vec", r"\ln": r"\log", r"\nabla": "∇",
}  # fmt: skip
_BARS = ("|", r"\vert", r"\mid", r"\|", r"\Vert", r"\lvert", r"\rvert", r"\lVert", r"\rVert")


class TokenLexer(Lexer):
    """The lexer of the grammar: the tokens are made already."""

    def __init__(self, _conf: object) -> None:
        pass

    def lex(self, data: Any) -> Iterator[Terminal]:  # type: ignore[override]  # lark takes this form for custom lexers
        return iter(data)


def classify_tokens(tokens: Sequence[Token]) -> list[Terminal]:
    """Make the terminals of a formula of its tokens. Raises `Unreadable` for what the grammar has no place for."""
    if len(tokens) > MOST_TOKENS:
        raise Unreadable(f"it is longer than {MOST_TOKENS:,} tokens", place_of(tokens[MOST_TOKENS]))
    kept = [token for token in _join_texts(tokens) if token.text and token.text not in _SIZED]
    found, bars = list[Terminal](), list[str]()
    for token, before, after in zip(kept, [None, *kept], [*kept[1:], None], strict=False):
        kind = _classify(token, before.text if before else "", after.text if after else "", bars)
        text = _SPELLINGS.get(token.text, token.text)
        texts = _split_digits(text, found[-1].type) if kind == "NUMBER" and found else [text]
        found += [Terminal(kind, part, line=token.line, column=token.column) for part in texts if kind]
    depth = 0
    for terminal in found:
        depth += (terminal.type in ("LBRACE", "OPEN")) - (terminal.type in ("RBRACE", "CLOSE"))
        if depth > DEEPEST:
            raise Unreadable(f"it is nested deeper than {DEEPEST} brackets", place_of(terminal))
    return found


def place_of(token: Token | Terminal) -> Place:
    """Return where a token, or the terminal made of it, stands in the file."""
    return Place(token.line or 0, token.column or 0)


def _join_texts(tokens: Sequence[Token]) -> Iterator[Token]:
    r"""Make one token of \text{…}: its text, behind a quote, since a control word has none before it."""
    rest = iter(tokens)
    for token in rest:
        if token.text not in _TEXTS:
            yield token
            continue
        _, text, closing = next(rest, None), next(rest, None), next(rest, None)
        if text is None or closing is None:
            raise Unreadable(f"{token.text} has no argument", place_of(token))
        if text.text.strip():
            yield token._replace(text=f'"{text.text.strip()}')


def _classify(token: Token, before: str, after: str, bars: list[str]) -> str:
    """Return the name of the terminal that a token is, "" for none; `bars` are those that are open."""
    text = token.text
    if text in (r"\left", r"\right") or (text == "*" and before == r"\operatorname"):
        return ""
    if text == "." and before == r"\right":
        raise Unreadable(r"a bracket is closed by \right.", place_of(token))
    if text == "." and before == r"\left":
        return "NULL_OPEN"
    if text in _BARS:
        return _classify_bar(text, before, after, bars)
    if text in _KINDS:
        return _KINDS[text]
    if text in _DOTS:
        raise Unreadable(f"dots are not guessed: {text}", place_of(token))
    if text in _UNREAD or not (text[0] in '"\\' or text[0].isalnum() or text[0] == "."):
        raise Unreadable(f"{text} is not read", place_of(token))
    if text[0] == '"':
        return "WORD"
    return "NUMBER" if is_number(text) else "LETTER"


def _classify_bar(text: str, before: str, after: str, bars: list[str]) -> str:
    """Say whether a bar opens, closes, or evaluates a formula: the last, if a script follows and none is open."""
    opens = before == r"\left" or text in (r"\lvert", r"\lVert")
    if bars and not opens:
        bars.pop()
        return "BAR_CLOSE"
    if not opens and after in ("_", "^"):
        return "RIGHT_BAR" if before == r"\right" else "EVALUATED"
    bars.append(text)
    return "BAR_OPEN"


def _split_digits(number: str, before: str) -> list[str]:
    r"""Split a number behind another terminal as TeX reads it: \frac12 is a half, x^12 is x^1 times 2."""
    if before == "FRACTION":
        return list(number)
    return [number[:1], number[1:]] if before in ("SUB", "SUP") and len(number) > 1 else [number]
