"""What the tests of the kinds of equations share: glossaries, and a table of equations whose worth is known."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pytest

from bptt.proofread import Finding, proofread

VECTORS = r"""
[sizes]
rows = "m"
columns = "n"
[time]
place = "subscript"
letters = ["t"]
[symbols]
a = "columns"
b = "columns"
c = "columns"
r = "rows"
M = "rows columns"
S = "columns columns"
R = "columns columns"
'\lambda' = ""
'\mu' = ""
"""
CELL = r"""
[sizes]
input = "d"
hidden = "n"
[time]
place = "subscript"
letters = ["t", "s"]
last = "T"
[symbols]
R = "hidden hidden"
Q = "hidden input"
u = { axes = "input", time = true }
h = { axes = "hidden", time = true }
y = { axes = "hidden", time = true, data = true }
"""
NETWORK = rf"""
defaults = ['z_t = R h_{{t-1}} + Q u_t', 'h_t = \tanh(z_t)', 'E = \sum_t E_t', 'E_t = \frac12 \|h_t - y_t\|^2']
{CELL}"""
FOUND = ("wrong", "contradicts", "orders differ")
FILTER = r"""
[time]
place = "subscript"
letters = ["t", "k"]
last = "T"
[symbols]
'\lambda' = ""
u = { axes = "", time = true }
s = { axes = "", time = true }
"""


ROWS = VECTORS.replace("[symbols]", '[notation]\nvectors = "rows"\n[symbols]')
SOFTMAX = (r"p = \operatorname{softmax}(a)",)
CROSS_ENTROPY = (*SOFTMAX, r"\ell = -\sum_i c_i \log p_i")


class Kind(NamedTuple):
    """Equations of one kind, each of which stands behind the displays of `before` and ahead of those of `after`.

    `true` equations are right and `false` ones are found. Of `unread` ones, which are true, and of `unfound` ones,
    which are false, the program may say that it does not read them.
    """

    glossary: str | None
    before: Sequence[str] = ()
    true: Sequence[str] = ()
    false: Sequence[str] = ()
    unread: Sequence[str] = ()
    unfound: Sequence[str] = ()
    after: Sequence[str] = ()
    prose: str = ""


def judge(kind: Kind, equation: str) -> Finding:
    """Judge one equation in its document."""
    displays = [f"$$\n{one}\n$$" for one in (*kind.before, equation, *kind.after)]
    found = proofread("\n\n".join([*([kind.prose] if kind.prose else []), *displays]), kind.glossary)
    (finding,) = found[len(kind.before)]
    return finding


def list_equations(kinds: Mapping[str, Kind], of: str) -> list[Any]:
    """List the equations that are `true`, `false`, `unread` or `unfound`, each with its kind."""
    return [
        pytest.param(kind, equation, id=f"{name}: {equation}")
        for name, kind in kinds.items()
        for equation in getattr(kind, of)
    ]
