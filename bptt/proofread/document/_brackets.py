"""Which bracket among tokens closes which, what stands outside all of them, and the relations that do."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from bptt.proofread.document._tokens import PROSE, Token

IMPLICATIONS = frozenset(["\\Rightarrow", "\\implies", "\\iff", "\\Leftrightarrow", "\\Longrightarrow", *"⇒⇔"])
EQUALITIES = frozenset(["=", ":=", "\\equiv", "\\coloneqq", "\\triangleq", "\\doteq", *"≡≔"])
RELATIONS = (
    EQUALITIES
    | IMPLICATIONS
    | frozenset(["\\leftarrow", "\\gets", "\\approx", "\\propto", "\\neq", "\\ne", "\\le", "\\leq", "\\ge", "\\geq"])
    | frozenset(["<", ">", "\\in", "\\sim", "\\simeq", "\\to", "\\rightarrow", "\\mapsto", "\\leqslant", "\\geqslant"])
    | frozenset("←≈∝≠≤≥∈∼≃→↦")
)
OPERATORS = frozenset(
    ["+", "-", "*", "/", "\\times", "\\cdot", "\\odot", "\\otimes", "\\circ", "\\oplus", "\\ominus", "\\pm", "\\mp"]
    + ["\\div", "\\ast", "\\star", "\\bullet", *"−·⋅×∗⊙⊗∘"]
)
SPACING = frozenset(["\\,", "\\;", "\\:", "\\!", "\\>", "\\ ", "~", "\\quad", "\\qquad"])

_OPENING = frozenset(["(", "[", "\\{", "\\lbrace", "\\lbrack", "\\lfloor", "\\lceil", "\\langle"])
_CLOSING = frozenset([")", "]", "\\}", "\\rbrace", "\\rbrack", "\\rfloor", "\\rceil", "\\rangle"])
_KINDS = {**dict.fromkeys(_OPENING, "("), "{": "{", "\\left": "\\left", "\\begin": "\\begin"}
_PARTNERS = {**dict.fromkeys(_CLOSING, "("), "}": "{", "\\right": "\\left", "\\end": "\\begin"}


class Nesting(NamedTuple):
    """How deep in brackets of any kind each token stands, and how many are left open at the end or closed too often."""

    depths: Sequence[int]
    unclosed: int
    unopened: int

    @property
    def balanced(self) -> bool:
        """Whether each bracket has its partner."""
        return not self.unclosed and not self.unopened


class Relation(NamedTuple):
    """A relation outside all brackets: the places of its first token and after its last, and how it is written."""

    start: int
    end: int
    text: str


def text_at(parts: Sequence[Token], place: int) -> str:
    """The text of the token at a place, and none before the first and after the last."""
    return parts[place].text if 0 <= place < len(parts) else ""


def is_prose(parts: Sequence[Token], place: int) -> bool:
    """Whether the token is the argument, as it stands in the file, of `\\text` or another such command."""
    return text_at(parts, place - 1) == "{" and text_at(parts, place - 2) in PROSE


def closing_braces(parts: Sequence[Token]) -> dict[int, int]:
    """For the place of each opening brace that is closed, that of the closing one."""
    closing, opened = dict[int, int](), list[int]()
    for place, part in enumerate(parts):
        if part.text == "{":
            opened.append(place)
        elif part.text == "}" and opened:
            closing[opened.pop()] = place
    return closing


def after_argument(parts: Sequence[Token], closing: Mapping[int, int], place: int) -> int:
    """Where the argument that starts at a place ends: after its closing brace, or after its only token."""
    if text_at(parts, place) in ("", "}", "&", "\\\\"):
        return place
    return closing.get(place, place) + 1


def environment(parts: Sequence[Token], closing: Mapping[int, int], place: int) -> str:
    """The name in the `\\begin{…}` or `\\end{…}` at a place, or none."""
    if text_at(parts, place) not in ("\\begin", "\\end") or place + 1 not in closing:
        return ""
    return "".join(part.text for part in parts[place + 2 : min(closing[place + 1], place + 20)])


def nesting(parts: Sequence[Token]) -> Nesting:
    """How the tokens are nested; `)` may close `[`, as in an interval, but no brace and no `\\left`."""
    braces = closing_braces(parts)
    braced = {*braces, *braces.values()}
    opened, depths, unopened = list[str](), list[int](), 0
    for place, part in enumerate(parts):
        counts = place in braced if part.text in ("{", "}") else _counts(parts, place)
        if counts and part.text in _PARTNERS:
            unopened += not _close(opened, _PARTNERS[part.text])
        depths.append(len(opened))
        if counts and part.text in _KINDS:
            opened.append(_KINDS[part.text])
    return Nesting(depths, len(opened), unopened)


def _counts(parts: Sequence[Token], place: int) -> bool:
    """Whether a bracket is one by itself: neither in prose nor after `\\left`, which has its `\\right`."""
    return not is_prose(parts, place) and text_at(parts, place - 1) not in ("\\left", "\\right", "\\middle")


def _close(opened: list[str], kind: str) -> bool:
    """Take the last bracket of a kind off those opened, and whatever was left open within it, if there is one."""
    inner = opened[::-1].index("{") if "{" in opened and kind != "{" else len(opened)
    within = opened[len(opened) - inner :]
    if kind not in within or (kind == "(" and within[-1] != "("):
        return False
    while opened.pop() != kind:
        pass
    return True


def relations(parts: Sequence[Token], depths: Sequence[int]) -> list[Relation]:
    """The relations outside all brackets; those that are scripts themselves are none."""
    found = []
    for place, part in enumerate(parts):
        before = text_at(parts, place - 1)
        if part.text in RELATIONS and not depths[place] and before not in ("^", "_"):
            joined = before == "\\not" or (before == ":" and part.text == "=")
            found.append(Relation(place - joined, place + 1, before * joined + part.text))
    return found
