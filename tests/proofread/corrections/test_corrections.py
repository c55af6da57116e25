"""What is named as the mistake of an equation that is wrong: one correction that is right, or nothing."""

import dataclasses
import functools
import random
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bptt.proofread import Finding, proofread
from bptt.proofread.corrections import Search, Surroundings, propose_corrections, write_latex
from bptt.proofread.document import tokenize
from bptt.proofread.evaluation import Budget
from bptt.proofread.semantics import Equation, build_vocabulary, read_default_glossary
from bptt.proofread.semantics._vocabulary import MOST_READINGS
from bptt.proofread.syntax import Node, parse
from bptt.proofread.syntax.tree import read_call
from tests.proofread.test_derivations import MISTAKES, correct, line_of, read
from tests.proofread.test_derivations import findings as judge_derivation
from tests.proofread.test_proofread import RIGHT

POST = Path(__file__).parents[2] / "data" / "post.md"
LOSS = r"L = \frac{1}{2} \sum_i (\tilde y_i - y_i)^2"


@functools.cache
def findings(text: str) -> list[Finding]:
    return [finding for display in proofread(text) for finding in display]


def judged(*equations: str) -> Finding:
    """The finding on the last of these equations."""
    return findings("\n\n".join(f"$$\n{equation}\n$$" for equation in (LOSS, *equations)))[-1]


def read_formula(latex: str) -> Node:
    return parse(tokenize(latex, 1, 1))


OF_THE_POST = {  # by the row as it is printed: the kind, and the corrected side
    r"\frac{\partial L_i}{\partial y_j} &=& (\tilde{y}_j - y_j) \delta_{i,j}": (
        "an accent",
        r"\frac{\partial L_i}{\partial \tilde{y}_j}",
    ),
    r"\frac{\partial y_j}{\partial h_k} &=& V_{jk}": ("an accent", r"\frac{\partial \tilde{y}_j}{\partial h_k}"),
    r"&=& x_m^t \delta_{\alpha,k}\delta_{\beta,m} + \frac{\partial h_l^{t-1}}{\partial U_{\alpha\beta}}": (
        "a missing factor",
        r"x_m^t \delta_{\alpha k} \delta_{\beta m} + W_{kl} \frac{\partial h_l^{t-1}}{\partial U_{\alpha\beta}}",
    ),
    r"\vec{h}^1 &=& \frac{1}{1+\exp{\left(\bar{U}\cdot\vec{x}^1\right)}}": (
        "the sign of an argument",
        r"\frac{1}{1 + \exp(-\bar{U} \cdot \vec{x}^1)}",
    ),
    r"h_k^1 &=& \frac{1}{1+\exp{\left(U_{kn} x_n^1\right)}}": (
        "the sign of an argument",
        r"\frac{1}{1 + \exp(-U_{kn} x_n^1)}",
    ),
    r"\vec{h}^2 &=& \frac{1}{1+\exp{\left(\bar{W}\cdot\vec{h}^1 + \bar{U}\cdot\vec{x}^2\right)}}": (
        "the sign of an argument",
        r"\frac{1}{1 + \exp(-\bar{W} \cdot \vec{h}^1 - \bar{U} \cdot \vec{x}^2)}",
    ),
    r"h_k^2 &=& \frac{1}{1+\exp{\left(W_{km} h_m^1 + U_{kn} x_n^2\right)}}": (
        "the sign of an argument",
        r"\frac{1}{1 + \exp(-W_{km} h_m^1 - U_{kn} x_n^2)}",
    ),
    r"&=& \sum_{i=1}^{D_y} (\tilde{y}_i - y_i) V_{i\alpha} \bigg( h_\alpha^2 \left(1 - h_\alpha^2 \right)"
    r"  W_{\alpha k} h_k^1 \left(1 - h_k^1 \right) x_\beta^1 + h_\alpha^2 (1-h_\alpha^2) x_\beta^2 \bigg)": (
        "the indices of a term",
        r"\sum_{i=1}^{D_y} (\tilde{y}_i - y_i) V_{ij} h_j^2(1 - h_j^2) W_{j\alpha} h_{\alpha}^1(1 - h_{\alpha}^1)"
        r" x_{\beta}^1 + \sum_{i=1}^{D_y} (\tilde{y}_i - y_i) V_{i\alpha} h_{\alpha}^2(1 - h_{\alpha}^2) x_{\beta}^2",
    ),
}


def find_line(text: str, row: str) -> int:
    assert text.count(row) == 1
    return text[: text.index(row)].count("\n") + 1


def test_the_mistakes_of_the_post_are_corrected_and_right_in_their_places() -> None:
    corrected = text = POST.read_text(encoding="utf-8")
    for printed, (kind, side) in OF_THE_POST.items():
        (found,) = (one for one in findings(text) if one.line == find_line(text, printed))
        assert (found.kind, side in found.correction) == (kind, True), found.correction
        corrected = corrected.replace(printed, found.correction.replace(" = ", " &=& ", 1))
    labels = {one.line: (one.label, one.note) for one in findings(corrected)}
    for printed in OF_THE_POST:
        label, note = labels[find_line(text, printed)]
        assert label == "right" or (label, note) == ("definition", "as in the glossary")


def put_behind(text: str, line: int, equation: str) -> str:
    """Put an equation into a display of its own behind the one on a line."""
    lines = text.split("\n")
    ends = re.compile(r"^(\$\$|\\\]|\\end\{(align\*?|equation\*?)\})$|\$\$$")
    last = next(n for n in range(line - 1, len(lines)) if ends.search(lines[n].strip()))
    return "\n".join([*lines[: last + 1], "", "$$", equation, "$$", "", *lines[last + 1 :]])


@pytest.mark.parametrize("document", sorted({one.document for one in MISTAKES.values()}))
def test_planted_mistakes_get_corrections_that_are_right(document: str) -> None:
    """Each is judged behind what should stand there: beside the mistakes, corrections would be looked for once more."""
    with_them = correct(document)
    planted = {line_of(one) for one in MISTAKES.values() if one.document == document}
    found = [one for one in judge_derivation(document, read(document)) if one.line in planted]
    assert all(one.kind and one.correction for one in found)
    for one in sorted(found, key=lambda one: -one.line):
        with_them = put_behind(with_them, one.line, one.correction)
    labels = {one.line: one.label for one in judge_derivation(document, with_them)}
    begins = {one.correction: with_them.rindex(f"\n{one.correction}\n$$\n") + 1 for one in found}
    ours = {correction: labels[with_them[:begin].count("\n") + 1] for correction, begin in begins.items()}
    assert ours == dict.fromkeys(ours, "right")


SLOPE_OF_V = r"\frac{\partial L}{\partial V_{ij}}"
SLOPE_OF_H = r"\frac{\partial h_k^t}{\partial h_l^{t-1}}"


@pytest.mark.parametrize(
    ("kind", "left", "printed", "corrected"),
    [
        ("a sign", SLOPE_OF_V, r"(y_i - \tilde y_i) h_j^T", r"-(y_i - \tilde{y}_i) h_j^T"),
        ("a factor too much", SLOPE_OF_V, r"2 (\tilde y_i - y_i) h_j^T", r"(\tilde{y}_i - y_i) h_j^T"),
        ("a step", SLOPE_OF_V, r"(\tilde y_i - y_i) h_j^{T-1}", r"(\tilde{y}_i - y_i) h_j^T"),
        ("a symbol", SLOPE_OF_V, r"(\tilde y_i - y_i) x_j^T", r"(\tilde{y}_i - y_i) h_j^T"),
        ("a transpose", r"\frac{\partial L}{\partial h^T}", r"V (\tilde y - y)", r"V^{\top}(\tilde{y} - y)"),
        ("an index", SLOPE_OF_H, "h_k^t(1-h_k^t) W_{lk}", "h_k^t(1 - h_k^t) W_{kl}"),
        ("a slope", SLOPE_OF_H, "(1-(h_k^t)^2) W_{kl}", "(h_k^t(1 - h_k^t)) W_{kl}"),
        (
            "the order of factors",
            r"\frac{\partial L}{\partial V}",
            r"h^T \otimes (\tilde y - y)",
            r"(\tilde{y} - y) \otimes h^T",
        ),
        (
            "a missing δ",
            r"\frac{\partial^2 L}{\partial V_{ij} \partial V_{kl}}",
            "h_j^T h_l^T",
            r"h_j^T h_l^T \delta_{ik}",
        ),
    ],
)
def test_a_mistake_is_named_by_its_kind(kind: str, left: str, printed: str, corrected: str) -> None:
    found = judged(f"{left} = {printed}")
    assert (found.label, found.kind, found.correction) == ("wrong", kind, f"{left} = {corrected}")
    assert f"; {kind}: right with " in found.note
    assert judged(found.correction).label == "right"


def test_a_right_equation_and_one_that_cannot_be_read_have_no_correction() -> None:
    for found in (judged(RIGHT[0]), judged(r"L = \ldots")):
        assert (found.kind, found.correction) == ("", "")


def test_a_finding_holds_the_correction_as_data() -> None:
    data = dataclasses.asdict(judged(r"\frac{\partial L}{\partial h^T} = -V^{\top}(\tilde y - y)"))
    assert (data["kind"], data["correction"]) == (
        "a sign",
        r"\frac{\partial L}{\partial h^T} = V^{\top}(\tilde{y} - y)",
    )


def draw_slip(left: Node, right: Node, source: random.Random) -> tuple[Node, Node]:
    """Change an equation in one place, as a correction does."""
    one = source.choice(list(propose_corrections(left, right)))
    return one.left, one.right


@settings(max_examples=12)
@given(st.sampled_from(RIGHT), st.randoms(use_true_random=False))
def test_of_two_slips_nothing_is_named_that_is_not_right(equation: str, source: random.Random) -> None:
    left, right = map(read_formula, equation.split(" = ", 1))
    for _ in range(2):
        left, right = draw_slip(left, right, source)
    found = judged(f"{write_latex(left)} = {write_latex(right)}")
    assert not found.correction or judged(found.correction).label == "right"


def search(judge: bool, left: int | None = None) -> str:
    """What a search names if the judge says the same of everything, within the operations that are left to it."""
    searching = Search(build_vocabulary(read_default_glossary()))
    searching.left = searching.left if left is None else left
    equation = Equation(read_formula(r"\frac{\partial L}{\partial y_i}"), read_formula(r"\tilde y_i - y_i"))
    found = searching.find(equation, (), {}, None, lambda *_: judge)
    return found.kind if found else ""


def test_only_what_the_judge_calls_right_is_named_and_only_within_the_budget() -> None:
    assert search(judge=True) == "an accent"
    assert search(judge=False) == ""
    assert search(judge=True, left=1_000) == ""


def test_what_the_judge_reads_counts_within_the_budget() -> None:
    vocabulary, asked = build_vocabulary(read_default_glossary()), []
    left = read_call(read_formula(r"\sigma(x)"))
    assert left is not None
    equation = Equation(left, read_formula("x + 2 x^2 + 3"))

    def read_much(left: Node, right: Node, _: Budget) -> bool:
        asked.append((left, right))
        vocabulary.begin_equation()
        vocabulary.count_readings(MOST_READINGS)
        return False

    assert Search(vocabulary).find(equation, (), {}, None, read_much) is None
    assert len(asked) == 1


def test_nothing_is_proposed_that_is_made_of_its_own_left_hand_side() -> None:
    left, right = map(read_formula, ("a_i", "b_i c_i"))
    around = Surroundings(alike={"b": ("a",)}, letters={"i": ()})
    proposed = [write_latex(one.right) for one in propose_corrections(left, right, around)]
    assert "b_i" in proposed
    assert not any("a_i" in one for one in proposed)


def test_what_is_proposed_can_be_written() -> None:
    for equation in RIGHT:
        left, right = map(read_formula, equation.split(" = ", 1))
        assert list(map(write_latex, (one.right for one in propose_corrections(left, right))))
