"""Classify the tokens of a document: what each is in a formula."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from bptt.proofread.document import DELIMITERS, SILENT, SPACING, Token, is_number
from bptt.proofread.syntax.tree import Place, Unreadable

MOST_TOKENS = 2_000  # of one side of an equation, which is more than a page

_TEXTS = frozenset({r"\text", r"\textrm", r"\textit", r"\textbf", r"\texttt", r"\mbox"})
FUNCTIONS = frozenset({
    "exp", "log", "ln", "sin", "cos", "tan", "tanh", "sinh", "cosh", "arctan", "arcsin", "arccos", "max", "min",
    "argmax", "argmin", "det", "lim", "sup", "inf", "sec", "coth", "cot", "Pr", "dim", "ker",
})  # fmt: skip
# Words that are written in plain letters, too.
WORDS = frozenset({
    "softmax", "sigmoid", "softplus", "tanh", "sinh", "cosh", "log", "exp", "sin", "cos", "tan", "ln", "max", "min",
    "diag", "relu", "ReLU", "sqrt", "arctan", "sign", "sgn", "det", "tr", "Tr", "trace", "vec", "erf", "sigm", "prod",
    "argmax", "Diag",
})  # fmt: skip
_SIDES = {
    **{name: {"l": "left", "r": "right", "m": "middle"}.get(name[-1], "") for name in DELIMITERS},
    r"\left": "left", r"\right": "right", r"\middle": "middle", r"\mid": "middle",
    **dict.fromkeys((r"\langle", r"\lvert", r"\lVert", "⟨"), "left"),
    **dict.fromkeys((r"\rangle", r"\rvert", r"\rVert", "⟩"), "right"),
}  # fmt: skip
_SPELLINGS = {
    "−": "-", "·": r"\cdot", "⋅": r"\cdot", "×": r"\times", "∗": "*", r"\ast": "*", "⊙": r"\odot", "∘": r"\odot",
    r"\circ": r"\odot", r"\bullet": r"\cdot", "⊗": r"\otimes", r"\div": "/", "∑": r"\sum", "∏": r"\prod",
    r"\lbrace": r"\{", r"\lbrack": "[", r"\rbrace": r"\}", r"\rbrack": "]", r"\langle": "<", r"\rangle": ">",
    "⟨": "<", "⟩": ">", r"\widetilde": r"\tilde", r"\widehat": r"\hat", r"\overline": r"\bar", r"\bm": r"\mathbf",
    r"\boldsymbol": r"\mathbf", r"\pmb": r"\mathbf", r"\bold": r"\mathbf", r"\overrightarrow": r"\vec",
    "∂": r"\partial", "∇": r"\nabla", r"\vert": "|", r"\mid": "|", r"\Vert": r"\|",
    r"\lvert": "|", r"\rvert": "|", r"\lVert": r"\|",
    r"\rVert": r"\|", "‖": r"\|", "′": "'", r"\prime": "'", r"\dfrac": r"\frac", r"\tfrac": r"\frac",
    r"\cfrac": r"\frac", r"\ne": r"\neq", "≠": r"\neq", r"\leq": r"\le", "≤": r"\le", r"\leqslant": r"\le",
    r"\geq": r"\ge", "≥": r"\ge", r"\geqslant": r"\ge", r"\lt": "<", r"\gt": ">", r"\equiv": "=", "⊤": r"\top",
    "ℓ": r"\ell", r"\ldots": "…", r"\cdots": "…", r"\dots": "…", r"\vdots": "…", r"\ddots": "…", r"\dotsc": "…",
    r"\dotsb": "…", r"\dotsm": "…", r"\dotsi": "…", "⋯": "…", r"\Tr": "tr", r"\trace": "tr", "∈": r"\in",
    r"\intercal": r"\top", r"\varnothing": r"\emptyset", r"\bb": r"\mathbb", r"\parallel": r"\|", r"\ln": r"\log",
    r"\textsf": r"\mathsf",
}  # fmt: skip


_WORD_SIGNS = frozenset({"tr"})
_SIGNS = frozenset("\\.,;:'+-*/=<>()[]{}|_^…&@")
_REFUSED = frozenset({
    r"\choose", r"\atop", r"\int", r"\iint", r"\oint", r"\binom", r"\pm", r"\mp", r"\coprod", r"\label", r"\tag",
    r"\ref", r"\eqref",
})  # fmt: skip


class Lexeme(NamedTuple):
    """A token of a formula: its text as every document is taken to spell it; `word` if it is prose or a function."""

    text: str
    place: Place
    word: bool = False
    side: str = ""  # left, right or middle, if it says so, as \left( and \langle do


def classify_tokens(tokens: Sequence[Token], words: Collection[str] = ()) -> list[Lexeme]:
    """Make the lexemes of a formula; letters in a row that spell one of `words` are one. Raises `Unreadable`."""
    if len(tokens) > MOST_TOKENS:
        raise Unreadable(f"it is longer than {MOST_TOKENS:,} tokens", _place_of(tokens[MOST_TOKENS]))
    known = sorted((word for word in {*WORDS, *words} if len(word) > 1), key=len, reverse=True)
    found, place, side = list[Lexeme](), 0, ""
    while place < len(tokens):
        token = tokens[place]
        if token.text in DELIMITERS:
            side = _SIDES[token.text]
            place += 1
            continue
        length, lexeme = _read_text(tokens, place) if token.text in _TEXTS else _read_word(tokens, place, known)
        place += length
        if lexeme is not None:
            found.append(lexeme._replace(side=side or lexeme.side))
            side = ""
    return found


def _place_of(token: Token) -> Place:
    return Place(token.line, token.column)


def _read_text(tokens: Sequence[Token], place: int) -> tuple[int, Lexeme | None]:
    r"""Make one lexeme of `\text{…}`; return its length, too."""
    command, *rest = tokens[place : place + 4]
    if [token.text for token in rest[::2]] != ["{", "}"]:
        raise Unreadable(f"{command.text} has no argument", _place_of(command))
    words = " ".join(rest[1].text.split())
    return 4, Lexeme(words, _place_of(rest[1]), word=True) if words else None


def _read_word(tokens: Sequence[Token], place: int, words: Sequence[str]) -> tuple[int, Lexeme | None]:
    """Make a lexeme of the letters that spell a word, or of one token; return the number of tokens."""
    token = tokens[place]
    run = _spell_run(tokens, place)
    word = next((word for word in words if run.startswith(word) and not run[len(word) :][:1].isalpha()), "")
    if word:
        return len(word), Lexeme(word, _place_of(token), word=True)
    if token.text == r"\arg" and [one.text for one in tokens[place + 1 : place + 2]] in ([r"\max"], [r"\min"]):
        return 2, Lexeme("arg" + tokens[place + 1].text[1:], _place_of(token), word=True)
    return 1, None if token.text in SPACING | SILENT else _classify(token)


def _spell_run(tokens: Sequence[Token], place: int) -> str:
    """Spell the single letters that follow one another without a blank from a place on."""
    found, first = "", tokens[place]
    for n, token in enumerate(tokens[place : place + 40]):
        if not (len(token.text) == 1 and token.text.isalpha() and _is_next(first, token, n)):
            break
        found += token.text
    return found


def _is_next(first: Token, token: Token, distance: int) -> bool:
    """Whether a token stands so many columns behind another; those that a macro made all stand in one place."""
    return token.line == first.line and token.column - first.column in (distance, 0)


def _classify(token: Token) -> Lexeme:
    text, place = _SPELLINGS.get(token.text, token.text), _place_of(token)
    if text in _WORD_SIGNS or (text[:1] == "\\" and text[1:] in FUNCTIONS):
        return Lexeme(text.removeprefix("\\"), place, word=True)
    if text in _REFUSED or not (text[:1].isalnum() or text[:1] in _SIGNS or is_number(text)):
        raise Unreadable(f"{token.text or 'what has no text'} is not read", place)
    return Lexeme(text, place, side=_SIDES.get(token.text, ""))
