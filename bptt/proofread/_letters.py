"""Letters and signs for the commands of LaTeX, and the commands again where an output has no such letters."""

import unicodedata

_GREEK = """
    alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi pi rho sigma tau
    upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega
"""
LETTERS = dict(zip(_GREEK.split(), "αβγδεεζηθϑικλμνξπρστυϕφχψωΓΔΘΛΞΠΣΥΦΨΩ", strict=True)) | {
    "ell": "ℓ", "infty": "∞", "top": "⊤", "intercal": "⊤", "bot": "⊥", "dagger": "†", "star": "⋆", "bullet": "•",
    "dots": "…", "ldots": "…", "cdots": "⋯", "vdots": "⋮", "emptyset": "∅", "hbar": "ℏ", "imath": "ı", "jmath": "ȷ",
}  # fmt: skip
OPERATORS = {
    "cdot": "·", "times": "×", "odot": "⊙", "otimes": "⊗", "oplus": "⊕", "circ": "∘", "ast": "*", "pm": "±", "mp": "∓",
    "leftarrow": "←", "gets": "←", "to": "→", "rightarrow": "→", "mapsto": "↦", "Rightarrow": "⇒", "implies": "⇒",
    "approx": "≈", "equiv": "≡", "coloneqq": ":=", "triangleq": "≜", "doteq": "≐", "neq": "≠", "ne": "≠", "le": "≤",
    "leq": "≤", "ge": "≥", "geq": "≥", "ll": "≪", "gg": "≫", "lt": "<", "gt": ">", "propto": "∝", "sim": "~", "in": "∈",
    "notin": "∉", "mid": "|", "setminus": "∖", "cup": "∪", "cap": "∩", "subset": "⊂", "iff": "⇔", "wedge": "∧",
}  # fmt: skip
SUMS = {"sum": "Σ", "prod": "Π", "int": "∫", "oint": "∮"}
PREFIXES = {"partial": "∂", "nabla": "∇"}
BRACKETS = {
    "lVert": "‖", "rVert": "‖", "Vert": "‖", "|": "‖", "lvert": "|", "rvert": "|", "vert": "|", "langle": "⟨",
    "rangle": "⟩", "{": "{", "}": "}", "lbrace": "{", "rbrace": "}", "lbrack": "[", "rbrack": "]", "lfloor": "⌊",
    "rfloor": "⌋", "lceil": "⌈", "rceil": "⌉",
}  # fmt: skip
MARKS = {  # stand behind the letter
    "tilde": "\u0303", "widetilde": "\u0303", "hat": "\u0302", "widehat": "\u0302", "bar": "\u0304",
    "overline": "\u0304", "vec": "\u20d7", "overrightarrow": "\u20d7", "dot": "\u0307", "ddot": "\u0308",
    "check": "\u030c", "breve": "\u0306", "mathring": "\u030a",
}  # fmt: skip
_SPELLED = {  # by the name that stands first
    letter: f"\\{name}" for names in (SUMS, PREFIXES, OPERATORS, LETTERS) for name, letter in reversed(names.items())
}
_SPELLED |= {"×": "x", "…": "...", "·": "*", "→": "->", "←": "<-", "≤": "<=", "≥": ">=", "‖": "||", "′": "'"}


def spell_out(text: str, encoding: str) -> str:
    """Write what an encoding cannot show, and what is no text, in ASCII: letters as in LaTeX, others by number."""
    made, is_command = "", False
    for one in text:
        spelled = one if can_show(one, encoding) else _spell_letter(one)
        made += f" {spelled}" if is_command and spelled[0].isalnum() else spelled  # \alpha x, not \alphax
        is_command = spelled[0] == "\\" and spelled[1:].isalpha()
    return made


def can_show(text: str, encoding: str) -> bool:
    """Whether an encoding has all these characters, none of which controls a terminal or has no meaning."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return not any(unicodedata.category(one)[0] == "C" and one != "\n" for one in text)


def _spell_letter(letter: str) -> str:
    if letter in _SPELLED:
        return _SPELLED[letter]
    decomposed = unicodedata.normalize("NFD", letter)
    base, marks = decomposed[0], decomposed[1:]
    names = {mark: name for name, mark in reversed(MARKS.items())}
    if base.isascii() and base.isalpha() and marks in names:
        return f"\\{names[marks]}{{{base}}}"
    return letter.encode("ascii", errors="backslashreplace").decode() if ord(letter) > 127 else f"\\x{ord(letter):02x}"
