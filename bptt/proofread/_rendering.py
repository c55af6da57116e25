"""A formula as one line of text for the eye: letters for the commands that stand for letters, a/b for fractions."""

import re
import unicodedata
from collections.abc import Sequence

from bptt.proofread.document import DELIMITERS, Token

_GREEK = """
    alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi pi rho sigma tau
    upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega
"""
_LETTERS = dict(zip(_GREEK.split(), "αβγδεεζηθϑικλμνξπρστυϕφχψωΓΔΘΛΞΠΣΥΦΨΩ", strict=True))
_SIGNS = {
    "partial": "∂", "sum": "Σ", "prod": "Π", "cdot": "·", "times": "×", "odot": "⊙", "otimes": "⊗", "circ": "∘",
    "nabla": "∇", "top": "⊤", "infty": "∞", "leftarrow": "←", "gets": "←", "approx": "≈", "equiv": "≡", "neq": "≠",
    "ne": "≠", "le": "≤", "leq": "≤", "ge": "≥", "geq": "≥", "propto": "∝", "ldots": "…", "dots": "…", "cdots": "⋯",
    "lVert": "‖", "rVert": "‖", "Vert": "‖", "|": "‖", "lvert": "|", "rvert": "|", "to": "→", "rightarrow": "→",
    "langle": "⟨", "rangle": "⟩", "ell": "ℓ", "in": "∈", "prime": "′",
}  # fmt: skip
_TILDE, _HAT, _BAR, _ARROW = "\u0303", "\u0302", "\u0304", "\u20d7"  # stand behind the letter
_MARKS = {"tilde": _TILDE, "widetilde": _TILDE, "hat": _HAT, "widehat": _HAT, "bar": _BAR, "vec": _ARROW}
_DROPPED = DELIMITERS | {
    r"\mathbf", r"\mathrm", r"\boldsymbol", r"\bm", r"\operatorname", r"\text", r"\textrm", r"\textbf", r"\textit",
    r"\mathcal", r"\mathbb", r"\mathsf", r"\displaystyle",
}  # fmt: skip
_FRACTIONS = (r"\frac", r"\dfrac", r"\tfrac", r"\cfrac")
_SPACED = ("=", "+", "-", ":=", "·", "×", "⊙", "⊗", "∘", "←", "≈", "≡", "≠", "≤", "≥", "∝", "→", "∈")
_APPLIED = re.compile(r"([a-z]{2,}) \( ?")
_UNARY = re.compile(r"((?:^|[(\[={] ?)[-+]) (?=\S)")
DEEPEST = 50  # groups within one another; what stands deeper is shown as it is written


def render(tokens: Sequence[Token]) -> str:
    """Render a formula as text."""
    words, _ = _render_group([token.text for token in tokens], 0, 0)
    words = " ".join(words.split()).replace(": =", ":=")
    return unicodedata.normalize("NFC", _UNARY.sub(r"\1", _APPLIED.sub(r"\1(", words)))


def _render_group(texts: Sequence[str], n: int, depth: int) -> tuple[str, int]:
    """Render what stands up to the brace that closes this group; return also where that ends."""
    made = ""
    while n < len(texts) and texts[n] != "}":
        piece, n = _render_one(texts, n, depth)
        made += piece
    return made, n + 1


def _render_one(texts: Sequence[str], n: int, depth: int) -> tuple[str, int]:
    text = texts[n]
    if depth > DEEPEST:
        return text, n + 1
    if text == "{":
        return _render_group(texts, n + 1, depth + 1)
    if text in _FRACTIONS:
        over, n = _render_argument(texts, n + 1, depth)
        under, n = _render_argument(texts, n, depth)
        return f"{_bracket(over)}/{_bracket(under)} ", n
    if text in ("_", "^"):
        script, n = _render_argument(texts, n + 1, depth)
        script = script.replace(" ", "")
        return f"{text}{script if len(script) == 1 else f'{{{script}}}'}", n
    name = text.removeprefix("\\")
    if name in _MARKS and name != text:
        letter, n = _render_argument(texts, n + 1, depth)
        return letter + _MARKS[name], n
    return _render_word(text, name), n + 1


def _render_word(text: str, name: str) -> str:
    if text in _DROPPED or not name:
        return ""
    sign = _LETTERS.get(name) or _SIGNS.get(name) if name != text else None
    shown = sign or (name if name != text and name.isalpha() else text)
    if shown in _SPACED:
        return f" {shown} "
    return shown if sign or len(shown) == 1 or shown[0].isdigit() else f" {shown} "


def _render_argument(texts: Sequence[str], n: int, depth: int) -> tuple[str, int]:
    if n >= len(texts) or texts[n] == "}":
        return "", n
    argument, n = _render_one(texts, n, depth + 1)
    return argument.strip(), n


def _bracket(part: str) -> str:
    return part if not any(sign in part for sign in (" ", "/")) else f"({part})"
