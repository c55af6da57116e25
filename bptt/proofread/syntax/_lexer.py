"""What each token of a document is in the grammar of formulas."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from lark import Token as Terminal
from lark.lexer import Lexer

from bptt.proofread.document import DELIMITERS, Token
from bptt.proofread.syntax._nodes import Place, Unreadable

MOST_TOKENS = 2_000  # of one side of an equation
DEEPEST = 40  # brackets and braces within one another

SIZED = DELIMITERS - {r"\left", r"\right"}
FONTS = frozenset({
    r"\mathbf", r"\boldsymbol", r"\bm", r"\pmb", r"\mathcal", r"\mathbb", r"\mathfrak", r"\mathscr", r"\mathnormal",
})  # fmt: skip
UPRIGHT = frozenset({r"\mathrm", r"\operatorname", r"\mathsf", r"\mathtt", r"\mathit", r"\rm", r"\textsf"})
TEXTS = frozenset({r"\text", r"\textrm", r"\textit", r"\textbf", r"\texttt", r"\mbox"})
_ABOVE = frozenset({
    r"\tilde", r"\widetilde", r"\hat", r"\widehat", r"\bar", r"\overline", r"\vec", r"\dot", r"\ddot", r"\check",
    r"\breve", r"\underline", r"\overrightarrow",
})  # fmt: skip
ACCENTS = FONTS | UPRIGHT | _ABOVE
FUNCTIONS = frozenset({
    r"\exp", r"\log", r"\ln", r"\sin", r"\cos", r"\tan", r"\tanh", r"\sinh", r"\cosh", r"\arctan", r"\arcsin",
    r"\arccos", r"\max", r"\min", r"\argmax", r"\argmin", r"\arg", r"\det", r"\lim", r"\sup", r"\inf", r"\sec",
})  # fmt: skip
DOTS = frozenset({
    r"\ldots", r"\cdots", r"\dots", r"\vdots", r"\ddots", r"\dotsc", r"\dotsb", r"\dotsm", r"\dotsi", "…", "⋯",
})  # fmt: skip
UNREAD = frozenset({
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
    | dict.fromkeys(ACCENTS, "ACCENT")
    | dict.fromkeys(FUNCTIONS, "FUNCTION")
)
SPELLINGS = {
    "−": "-", "·": r"\cdot", "⋅": r"\cdot", "×": r"\times", "*": r"\times", "∗": r"\times", r"\ast": r"\times",
    "⊙": r"\odot", "∘": r"\odot", r"\circ": r"\odot", "⊗": r"\otimes", r"\div": "/", "∑": r"\sum", "∏": r"\prod",
    r"\lbrace": r"\{", r"\lbrack": "[", r"\rbrace": r"\}", r"\rbrack": "]", r"\langle": "<", r"\rangle": ">",
    "⟨": "<", "⟩": ">", r"\widetilde": r"\tilde", r"\widehat": r"\hat", r"\overline": r"\bar", r"\bm": r"\mathbf",
    r"\boldsymbol": r"\mathbf", r"\pmb": r"\mathbf", r"\overrightarrow": r"\vec", r"\ln": r"\log",
}  # fmt: skip


class TokenLexer(Lexer):
    """The lexer of the grammar: the tokens are made already."""

    def __init__(self, _conf: object) -> None:
        pass

    def lex(self, data: Any) -> Iterator[Terminal]:  # type: ignore[override]  # lark takes this form for custom lexers
        return iter(data)


def terminals(tokens: Sequence[Token]) -> list[Terminal]:
    """The terminals of a formula. Raises `Unreadable` for what the grammar has no place for."""
    if len(tokens) > MOST_TOKENS:
        raise Unreadable(f"it is longer than {MOST_TOKENS:,} tokens", place_of(tokens[MOST_TOKENS]))
    found = list(_with_digits_apart(_classified(_without_text(tokens))))
    depth = 0
    for terminal in found:
        depth += (terminal.type in ("LBRACE", "OPEN")) - (terminal.type in ("RBRACE", "CLOSE"))
        if depth > DEEPEST:
            raise Unreadable(f"it is nested deeper than {DEEPEST} brackets", place_of(terminal))
    return found


def place_of(token: Token | Terminal) -> Place:
    """Where a token, or the terminal made of it, stands in the file."""
    return Place(token.line or 0, token.column or 0)


def _terminal(kind: str, token: Token) -> Terminal:
    text = SPELLINGS.get(token.text, token.text)
    return Terminal(kind, text, line=token.line, column=token.column)


def _without_text(tokens: Sequence[Token]) -> Iterator[Token]:
    r"""\text{…} as one token, its text, so that it can be told from a control word by having none before it."""
    rest = iter(tokens)
    for token in rest:
        if token.text not in TEXTS:
            yield token
            continue
        inside = [next(rest, None), next(rest, None), next(rest, None)]
        if None in inside or inside[1] is None:
            raise Unreadable(f"{token.text} has no argument", place_of(token))
        if inside[1].text.strip():
            yield Token(f'"{inside[1].text.strip()}', token.line, token.column)


def _classified(tokens: Iterable[Token]) -> Iterator[Terminal]:
    tokens = [token for token in tokens if token.text and token.text not in SIZED]
    bars: list[str] = []
    for n, token in enumerate(tokens):
        before = tokens[n - 1].text if n else ""
        after = tokens[n + 1].text if n + 1 < len(tokens) else ""
        kind = _kind(token, before, after, bars)
        if kind:
            yield _terminal(kind, token)


def _kind(token: Token, before: str, after: str, bars: list[str]) -> str:
    """The terminal that a token is, or "" for none."""
    text = token.text
    if text in (r"\left", r"\right") or (text == "*" and before == r"\operatorname"):
        return ""
    if text == "." and before in (r"\left", r"\right"):
        if before == r"\right":
            raise Unreadable(r"a bracket is closed by \right.", place_of(token))
        return "NULL_OPEN"
    if text in ("|", r"\vert", r"\mid", r"\|", r"\Vert", r"\lvert", r"\rvert", r"\lVert", r"\rVert"):
        return _bar(text, before, after, bars)
    if text in _KINDS:
        return _KINDS[text]
    if text in DOTS:
        raise Unreadable(f"dots are not guessed: {text}", place_of(token))
    if text in UNREAD or not (text[0] in '"\\' or text[0].isalnum() or text[0] == "."):
        raise Unreadable(f"{text} is not read", place_of(token))
    if text[0] == '"':
        return "WORD"
    return "NUMBER" if _is_number(text) else "LETTER"


def _is_number(text: str) -> bool:
    return text.isascii() and any(c.isdigit() for c in text) and all(c.isdigit() or c == "." for c in text)


def _bar(text: str, before: str, after: str, bars: list[str]) -> str:
    """A bar opens, closes, or says where a formula is evaluated: the last, if a script follows and none is open."""
    opens = before == r"\left" or text in (r"\lvert", r"\lVert")
    closes = text in (r"\rvert", r"\rVert") or (bool(bars) and not opens)
    if closes and bars:
        bars.pop()
        return "BAR_CLOSE"
    if not opens and after in ("_", "^"):
        return "RIGHT_BAR" if before == r"\right" else "EVALUATED"
    bars.append(text)
    return "BAR_OPEN"


def _with_digits_apart(found: Iterable[Terminal]) -> Iterator[Terminal]:
    r"""As TeX reads them: \frac12 is a half, x^12 is x^1 times 2."""
    before = ""
    for terminal in found:
        if terminal.type == "NUMBER" and len(terminal) > 1 and before in ("SUB", "SUP", "FRACTION"):
            cuts = [terminal[:1], terminal[1:]] if before != "FRACTION" else list(terminal)
            yield from (terminal.update(value=cut) for cut in cuts)
        else:
            yield terminal
        before = terminal.type
