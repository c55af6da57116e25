"""A formula as one line of text for the eye: letters for the commands that stand for letters, a/b for fractions.

Tokens become pieces, each of a kind; what stands between two of them, and whether a part of a fraction needs brackets,
follows from the kinds alone.
"""

import unicodedata
from collections.abc import Sequence
from typing import Literal, NamedTuple

from bptt.proofread._letters import BRACKETS, LETTERS, MARKS, OPERATORS, PREFIXES, SUMS
from bptt.proofread.document import DELIMITERS, SILENT, SPACING, Token, is_number

_FONTS = {
    "mathbf", "mathrm", "mathit", "mathsf", "mathtt", "mathcal", "mathbb", "mathscr", "mathfrak", "boldsymbol", "bm",
    "operatorname", "text", "textrm", "textbf", "textit", "textsf", "texttt", "mbox", "pmb", "rm", "bf", "it",
}  # fmt: skip
_DROPPED = DELIMITERS | SPACING | SILENT
_FRACTIONS = {"frac", "dfrac", "tfrac", "cfrac"}
DEEPEST = 50  # groups within one another; what stands deeper is shown as it is written

Kind = Literal[
    "letter", "number", "word", "operator", "sign", "sum", "prefix", "fraction", "open", "close", "bar", "comma",
    "slash",
]  # fmt: skip


class _Piece(NamedTuple):
    text: str
    kind: Kind
    scripts: str = ""  # what stands below and above it, each with its sign

    def __str__(self) -> str:
        return self.text + self.scripts


_PLAIN: dict[Kind, str] = {
    "open": "([{⟨⌊⌈", "close": ")]}⟩⌋⌉", "bar": "|‖", "comma": ",;:", "operator": "=+-*<>", "slash": "/",
}  # fmt: skip
_SHOWN = {sign: _Piece(sign, kind) for kind, signs in _PLAIN.items() for sign in signs}
_SHOWN |= {"&": _Piece(",", "comma"), r"\\": _Piece(";", "comma"), r"\prime": _Piece("′", "letter")}
_SHOWN |= {f"\\{name}": _SHOWN[sign] for name, sign in BRACKETS.items()}
_NAMED: dict[Kind, dict[str, str]] = {"prefix": PREFIXES, "sum": SUMS, "operator": OPERATORS, "letter": LETTERS}
_SHOWN |= {f"\\{name}": _Piece(sign, kind) for kind, names in _NAMED.items() for name, sign in names.items()}


def render(tokens: Sequence[Token]) -> str:
    """Render a formula as text."""
    text = _join(_Reader([token.text for token in tokens if token.text]).read_formula())
    return unicodedata.normalize("NFC", " ".join(text.split()))


class _Reader:
    """Reads the texts of tokens into pieces, from the first to the last."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.waiting = list(reversed(texts))
        self.depth = 0

    def read_formula(self) -> list[_Piece]:
        pieces: list[_Piece] = []
        while self.waiting:
            pieces += self.read_group()
        return pieces

    def read_group(self) -> list[_Piece]:
        """Read what stands up to the brace that closes this group, and that brace."""
        self.depth += 1
        pieces: list[_Piece] = []
        while (text := self._take()) not in ("", "}"):
            if text in ("_", "^", "'"):
                base = pieces.pop() if pieces else _Piece("", "letter")
                pieces.append(base._replace(scripts=base.scripts + self._read_script(text)))
            elif text == ":" and self._next() == "=":
                pieces.append(_Piece(":" + self._take(), "operator"))
            else:
                pieces += self._read_one(text)
        self.depth -= 1
        return _match_bars(pieces)

    def _next(self) -> str:
        return self.waiting[-1] if self.waiting else ""

    def _take(self) -> str:
        return self.waiting.pop() if self.waiting else ""

    def _read_one(self, text: str) -> list[_Piece]:
        name = text[1:] if text[0] == "\\" else ""
        if self.depth > DEEPEST:
            return [_Piece(text, "letter")]
        if text == "{":
            group = self.read_group()
            return [_wrap(group)] if self._next() in ("_", "^") and _is_compound(group) else group
        if name in ("left", "right") and self._next() == ".":
            self._take()  # the bracket that is none
        if name in _FRACTIONS:
            fraction = _make_fraction(self._read_argument(), self._read_argument())
            return [_wrap([fraction])] if self._next() in ("_", "^") else [fraction]
        if name == "sqrt":
            return [self._read_root()]
        if name in MARKS:
            return [_mark(self._read_argument(), name)]
        if name in _FONTS:
            return _join_word(self._read_argument())
        if name in ("begin", "end"):
            return self._read_environment(name)
        return _read_symbol(text, name)

    def _read_argument(self) -> list[_Piece]:
        """Read what a command is applied to: a group, a command with its own arguments, or one character."""
        if self._next() in ("", "}"):
            return []
        text = self._take()
        if text == "{":
            return self.read_group()
        if is_number(text) and len(text) > 1:  # \\frac12 is a half
            self.waiting.append(text[1:])
            text = text[0]
        self.depth += 1
        pieces = self._read_one(text)
        self.depth -= 1
        return pieces

    def _read_script(self, sign: str) -> str:
        if sign == "'":
            return sign
        script = self._read_argument()
        if script and all(str(piece) == "′" for piece in script):
            return "'" * len(script)
        text = _join(script, tight=True)
        return sign + (text if len(text) == 1 or _is_bracketed(script) else f"{{{text}}}")

    def _read_root(self) -> _Piece:
        degree = ""
        if self._next() == "[":
            while (text := self._take()) not in ("]", ""):
                degree += text
            degree += "]"
        radicand = self._read_argument()
        is_one = len(radicand) == 1 and not radicand[0].scripts and not degree
        return _Piece(f"√{degree}{_join(radicand) if is_one else _wrap(radicand)}", "letter")

    def _read_environment(self, name: str) -> list[_Piece]:
        """Read the start or the end of a matrix or of cases, as a bracket; of anything else, as nothing."""
        environment = _join(self._read_argument(), tight=True)
        brackets = "[]" if "matrix" in environment or environment == "array" else "{}" * (environment == "cases")
        if name == "begin" and environment == "array":
            self._read_argument()
        return [_SHOWN[brackets[name == "end"]]] if brackets else []


def _read_symbol(text: str, name: str) -> list[_Piece]:
    if text in _DROPPED:
        return []
    if text in _SHOWN:
        return [_SHOWN[text]]
    if is_number(text):
        return [_Piece(text, "number")]
    words = " ".join(text.split()) if not name else name if name.isalpha() else text
    return [_Piece(words, "word" if len(words) > 1 else "letter")] if words else []


def _match_bars(pieces: list[_Piece]) -> list[_Piece]:
    """Tell the bars of |x| and ‖x‖ that open from those that close; one without another is left as it is."""
    opened: list[int] = []  # the places of brackets and bars
    for place, piece in enumerate(pieces):
        if piece.kind == "open":
            opened.append(place)
        elif piece.kind == "close":
            while opened and pieces[opened.pop()].kind == "bar":
                pass
        elif piece.kind == "bar" and opened and pieces[opened[-1]].text == piece.text:
            start = opened.pop()
            pieces[start], pieces[place] = pieces[start]._replace(kind="open"), piece._replace(kind="close")
        elif piece.kind == "bar":
            opened.append(place)
    return pieces


def _make_fraction(over: list[_Piece], under: list[_Piece]) -> _Piece:
    if over and under and over[0].text == under[0].text == "d":
        over, under = ([p._replace(kind="prefix") if p.text == "d" else p for p in part] for part in (over, under))
    tops, bottoms = _take_outermost(over), _take_outermost(under)
    splitting = ("operator", "sum", "fraction", "slash", "comma", "word")
    is_sum = any(piece.kind in splitting for piece in tops)
    is_product = len(bottoms) - (len(bottoms) > 1 and bottoms[0].kind == "prefix") > 1
    is_product = is_product or any(piece.kind in splitting for piece in bottoms)
    parts = (_wrap(over) if is_sum else _join(over), _wrap(under) if is_product else _join(under))
    return _Piece("/".join(map(str, parts)), "fraction")


def _take_outermost(pieces: list[_Piece]) -> list[_Piece]:
    """Return the factors outside all brackets, a pair of brackets as one, with the function that it is applied to."""
    found: list[_Piece] = []
    depth = 0
    for piece in pieces:
        if piece.kind == "open":
            if depth == 0 and found and found[-1].kind == "word":
                found.pop()
            depth += 1
        elif piece.kind == "close":
            depth = max(depth - 1, 0)
        if depth == 0:
            found.append(piece._replace(kind="letter") if piece.kind == "close" else piece)
    return found


def _is_compound(group: list[_Piece]) -> bool:
    return len(group) > 1 or any(piece.kind == "fraction" or "^" in piece.scripts for piece in group)


def _is_bracketed(pieces: list[_Piece]) -> bool:
    return len(pieces) > 2 and str(pieces[0]) == "(" and str(pieces[-1]) == ")" and len(_take_outermost(pieces)) == 1


def _wrap(pieces: list[_Piece]) -> _Piece:
    return _Piece(f"({_join(pieces)})", "letter")


def _mark(pieces: list[_Piece], name: str) -> _Piece:
    if len(pieces) == 1 and pieces[0].kind == "letter" and pieces[0].text:
        text = pieces[0].text
        return pieces[0]._replace(text=text[0] + MARKS[name] + text[1:])
    return _Piece(f"{name}({_join(pieces)})", "letter")


def _join_word(pieces: list[_Piece]) -> list[_Piece]:
    """Make a word of the letters that a font is given, as \\operatorname{softmax} is."""
    if len(pieces) > 1 and all(piece.kind == "letter" and piece.text.isalpha() for piece in pieces):
        return [_Piece("".join(map(str, pieces)), "word")]
    return pieces


def _join(pieces: list[_Piece], tight: bool = False) -> str:
    """Write pieces side by side: `tight` within a script, without spaces that no two letters need."""
    made, before = "", None
    for piece in pieces:
        one = piece
        if piece.kind == "fraction" and before is not None and before.kind in ("word", "prefix", "slash"):
            one = _wrap([piece])  # log(a/b) is not log a/b
        elif before is None or before.kind in ("operator", "open", "comma", "sum", "slash"):
            one = piece._replace(kind="sign") if piece.text in ("-", "+", "±", "∓") and not piece.scripts else piece
        touches = one is not piece and piece.kind == "fraction"
        if before is not None and not touches and _needs_space(before, one, tight):
            made += " "
        made += str(one)
        before = one
    return made


def _needs_space(before: _Piece, piece: _Piece, tight: bool) -> bool:
    kinds = (before.kind, piece.kind)
    if before.kind == "sign":
        return False
    if piece.kind == "sign":
        return not tight and before.kind in ("operator", "comma", "sum")
    if piece.kind in ("close", "comma", "slash") or before.kind in ("open", "slash"):
        return False
    if "operator" in kinds or before.kind == "comma":
        return not tight
    if "bar" in kinds:
        return False
    if before.kind == "prefix":
        return bool(before.scripts)
    if piece.kind == "open":
        return before.kind in ("fraction", "sum")
    if kinds == ("number", "letter"):
        return False
    if tight and before.kind in ("letter", "number") and piece.kind in ("letter", "number"):
        return bool(before.scripts and piece.scripts)
    return True
