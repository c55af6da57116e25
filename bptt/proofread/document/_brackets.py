"""Find which bracket among tokens closes which, how deep each token stands, and the relations outside all brackets."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from bptt.proofread.document._tokens import Token, is_prose, match_braces, text_at

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
_LONGEST_NAME = 18  # tokens of an environment's name that are looked at: `subequations` has 12


class Nesting(NamedTuple):
    """How deep in brackets of any kind each token stands, and how many are left open at the end or closed too often."""

    depths: Sequence[int]
    unclosed: int
    unopened: int

    @property
    def balanced(self) -> bool:
        """Whether each bracket has its partner."""
        return not self.unclosed and not self.unopened


class RelationSign(NamedTuple):
    """A relation outside all brackets: the places of its first token and after its last, and how it is written."""

    start: int
    end: int
    text: str


def find_closing_braces(tokens: Sequence[Token]) -> dict[int, int]:
    """Map the place of each opening brace that is closed to that of the closing one."""
    return match_braces((place, token.text) for place, token in enumerate(tokens))


def find_groups(tokens: Sequence[Token], braces: Mapping[int, int]) -> dict[int, int]:
    """Map the first place of each group, `{…}` or `\\begin{…} … \\end{…}`, to its last; the braces are known."""
    groups, opened = dict(braces), list[tuple[str, int]]()
    for place, token in enumerate(tokens):
        name = read_environment(tokens, braces, place)
        if name and token.text == "\\begin":
            opened.append((name, place))
        elif name and any(name == known for known, _ in opened):
            while opened[-1][0] != name:  # what was left open within it
                opened.pop()
            groups[opened.pop()[1]] = braces[place + 1]
    return groups


def skip_argument(tokens: Sequence[Token], closing: Mapping[int, int], place: int) -> int:
    """Return where the argument that starts at a place ends: after its closing brace, or after its only token."""
    if text_at(tokens, place) in ("", "}", "&", "\\\\"):
        return place
    return closing.get(place, place) + 1


def read_environment(tokens: Sequence[Token], closing: Mapping[int, int], place: int) -> str:
    """Return the name in the `\\begin{…}` or `\\end{…}` at a place, "" if there is none."""
    if text_at(tokens, place) not in ("\\begin", "\\end") or place + 1 not in closing:
        return ""
    return "".join(token.text for token in tokens[place + 2 : min(closing[place + 1], place + 2 + _LONGEST_NAME)])


def measure_nesting(tokens: Sequence[Token]) -> Nesting:
    """Count the brackets around each token; `)` may close `[`, as in an interval, but no brace and no `\\left`."""
    braces = find_closing_braces(tokens)
    braced = {*braces, *braces.values()}
    opened, depths, unopened = list[str](), list[int](), 0
    for place, token in enumerate(tokens):
        # Neither in prose nor after \left, which has its \right, is a bracket one by itself.
        sized = text_at(tokens, place - 1) in ("\\left", "\\right", "\\middle")
        counts = place in braced if token.text in ("{", "}") else not (sized or is_prose(tokens, place))
        if counts and token.text in _PARTNERS:
            unopened += not _close(opened, _PARTNERS[token.text])
        depths.append(len(opened))
        if counts and token.text in _KINDS:
            opened.append(_KINDS[token.text])
    return Nesting(depths, len(opened), unopened)


def find_relations(tokens: Sequence[Token]) -> list[RelationSign]:
    """Find the relations outside all brackets; those that are scripts themselves are none."""
    found = []
    for place, depth in enumerate(measure_nesting(tokens).depths):
        text, before = tokens[place].text, text_at(tokens, place - 1)
        if text in RELATIONS and not depth and before not in ("^", "_"):
            joined = before == "\\not" or (before == ":" and text == "=")
            found.append(RelationSign(place - joined, place + 1, before * joined + text))
    return found


def _close(opened: list[str], kind: str) -> bool:
    """Take the last bracket of a kind, and what was left open within it, off those opened; False if there is none."""
    # Only a brace reaches out of the innermost braces.
    inner = opened[::-1].index("{") if "{" in opened and kind != "{" else len(opened)
    within = opened[len(opened) - inner :]
    if kind not in within or (kind == "(" and within[-1] != "("):
        return False
    while opened.pop() != kind:
        pass
    return True
