"""The signs that stand between formulas: relations and of what kind each is, operators, spacing."""

from enum import Enum


class Kind(Enum):
    """What a relation says of its two sides."""

    EQUALITY = "both are the same"
    STEP = "the left side becomes the right one"
    CLAIM = "both are nearly, or up to a factor, the same"
    PROPERTY = "how both compare, or of what kind the left one is"
    IMPLICATION = "the right one follows from the left one"


RELATIONS = (
    dict.fromkeys(["=", ":=", "\\equiv", "\\coloneqq", "\\triangleq", "\\doteq", *"≡≔"], Kind.EQUALITY)
    | dict.fromkeys(["\\leftarrow", "\\gets", "←"], Kind.STEP)
    | dict.fromkeys(["\\approx", "\\propto", "\\simeq", *"≈∝≃"], Kind.CLAIM)
    | dict.fromkeys(["\\neq", "\\ne", "\\le", "\\leq", "\\ge", "\\geq", "<", ">"], Kind.PROPERTY)
    | dict.fromkeys(["\\leqslant", "\\geqslant", "\\ll", "\\gg", "\\lt", "\\gt", *"≠≤≥"], Kind.PROPERTY)
    | dict.fromkeys(["\\in", "\\notin", "\\sim", "\\to", "\\rightarrow", "\\mapsto", *"∈∉∼→↦"], Kind.PROPERTY)
    | dict.fromkeys(["\\subset", "\\subseteq", "\\succ", "\\succeq", "\\perp"], Kind.PROPERTY)
    | dict.fromkeys(["\\Rightarrow", "\\implies", "\\iff", "\\Leftrightarrow", "\\Longrightarrow"], Kind.IMPLICATION)
    | dict.fromkeys("⇒⇔", Kind.IMPLICATION)
)
RELATIONS |= {f"\\not{relation}": Kind.PROPERTY for relation in [*RELATIONS]}  # what is denied
OPERATORS = frozenset(
    ["+", "-", "*", "/", "\\times", "\\cdot", "\\odot", "\\otimes", "\\circ", "\\oplus", "\\ominus", "\\pm", "\\mp"]
    + ["\\div", "\\ast", "\\star", "\\bullet", *"−·⋅×∗⊙⊗∘"]
)
WIDE = frozenset(["\\quad", "\\qquad", "\\hspace", "\\hfill", "\\hskip"])
SPACING = WIDE | {"\\,", "\\;", "\\:", "\\!", "\\>", "\\ ", "~", "\\space", "\\enspace", "\\thinspace"}
SILENT = frozenset(
    ["\\nonumber", "\\notag", "\\displaystyle", "\\textstyle", "\\scriptstyle", "\\scriptscriptstyle", "\\limits"]
    + ["\\nolimits", "\\allowbreak", "\\hline", "\\strut", "\\mathstrut", "\\noindent", "\\centering", "\\null"]
)  # what only sets type
ROW_ENDS = frozenset(["\\\\", "\\cr", "\\newline"])
