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
from bptt.proofread.corrections import IMMEDIATE, Search, Surroundings, propose_corrections, write_latex
from bptt.proofread.corrections._search import MOST_OPERATIONS, READING
from bptt.proofread.document import tokenize
from bptt.proofread.evaluation import Budget
from bptt.proofread.semantics import Equation, build_vocabulary, read_default_glossary
from bptt.proofread.semantics._vocabulary import MOST_READINGS
from bptt.proofread.syntax import Node, parse
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


SOFTMAX = r"The $z \in \mathbb{R}^n$ give $$ p_i = \frac{e^{z_i}}{\sum_{k=1}^n e^{z_k}} $$"
LOGITS = r"With $W \in \mathbb{R}^{n \times m}$ and $x \in \mathbb{R}^m$, $$ z = W x $$"
TARGETS = r"For $\sum_i y_i = 1$, $$ L = -\sum_{i=1}^n y_i \log p_i $$"
CELL = r"With $W \in \mathbb{R}^{n \times n}$, $$ h_t = \tanh(W h_{t-1} + x_t) $$"


@pytest.mark.parametrize(
    ("page", "left", "printed", "kind", "corrected"),
    [
        (SOFTMAX, r"\frac{\partial p_i}{\partial z_j}", "p_i (1 - p_j)", "a missing δ", r"p_i(\delta_{ij} - p_j)"),
        (
            f"{LOGITS}\n\n{SOFTMAX}\n\n{TARGETS}", r"\frac{\partial L}{\partial x}", r"W^\top p",
            "a missing term", r"W^{\top}(p - y)",
        ),
        (
            r"With $M \in \mathbb{R}^{n \times n}$ invertible:", r"\nabla_M \det M", r"\det(M) M^\top",
            "a power", r"\det(M) M^{-\top}",
        ),
        (
            r"With $a \in \mathbb{R}^n$, $B \in \mathbb{R}^{n \times n}$ invertible:",
            r"\nabla_a a^\top B^{-1} b", "B b",
            "a power", "B^{-1} b",
        ),
        (
            r"With $x \in \mathbb{R}^n$ and $$ r = \sqrt{\sum_{j=1}^n x_j^2} $$",
            r"\frac{\partial (x_i / r)}{\partial x_k}", r"\frac{\delta_{ik}}{r} - \frac{x_i x_k}{r^2}",
            "a power", r"\frac{\delta_{ik}}{r} - \frac{x_i x_k}{r^3}",
        ),
        (
            r"For a number $x$, $$ \sigma(x) = \frac{1}{1 + e^{-x}} $$ $$ g(x) = x \sigma(x) $$", "g'(x)",
            r"\sigma(x) + g(x) (1 - g(x))", "a function", r"\sigma(x) + g(x) (1 - \sigma(x))",
        ),
        (
            r"For a number $x$, $$ f(x) = \frac{1}{1 + x^2} $$", "f'(x)", r"-\frac{2 x}{1 + x^2}",
            "a power", r"-\frac{2 x}{(1 + x^2)^2}",
        ),
        (
            r"The $q, k_i \in \mathbb{R}^d$ give the scores $$ s_i = \frac{q^\top k_i}{\sqrt{d}} $$",
            r"\frac{\partial s_i}{\partial q}", "k_i",
            "a missing factor", r"\frac{1}{\sqrt{d}} k_i",
        ),
        (
            r"With $u \in \mathbb{R}^n$ and $$ \hat u = \frac{u}{\|u\|} $$",
            r"\frac{\partial \hat u}{\partial u}", r"\frac{1}{\|u\|} (I - u u^\top)",
            "a symbol", r"\frac{1}{\lVert u \rVert} (I - \hat{u} \hat{u}^{\top})",
        ),
        (
            CELL, r"\frac{\partial h_t}{\partial x_t}", r"\operatorname{diag}(1 - h_{t-1} \odot h_{t-1})",
            "a step", r"\operatorname{diag}(1 - h_t \odot h_t)",
        ),
        (
            CELL + r" and $$ E = \sum_{t=1}^T E_t(h_t) $$", r"\frac{\partial E}{\partial x_t}",
            r"\frac{\partial E_t}{\partial x_t}",
            "a missing sum", r"\sum_{j=1}^T \frac{\partial E_j}{\partial x_t}",
        ),
        (
            r"Points $x_i \in \mathbb{R}^d$ give $h_i = W x_i$ with $W \in \mathbb{R}^{k \times d}$ and"
            r" $$ E = \sum_{i=1}^n \|h_i\|^2 $$", r"\frac{\partial E}{\partial W}", r"2 \sum_{i=1}^n x_i h_i^\top",
            "the order of factors", r"2 \sum_{i=1}^n h_i x_i^{\top}",
        ),
        (
            r"With $A \in \mathbb{R}^{n \times m}$, $B \in \mathbb{R}^{m \times p}$, a loss $\phi$ is computed from"
            r" $$ C = A B $$ We write $dX$ for $\partial \phi / \partial X$, whatever $X$ is.", "dA", "dC B",
            "a transpose", r"d C B^{\top}",
        ),
    ],
)  # fmt: skip
def test_what_was_lost_is_looked_for_in_the_whole_document(
    page: str, left: str, printed: str, kind: str, corrected: str
) -> None:
    found = findings(f"{page}\n\n$$ {left} = {printed} $$")[-1]
    assert (found.is_finding, found.kind, found.correction) == (True, kind, f"{left} = {corrected}")
    assert findings(f"{page}\n\n$$ {found.correction} $$")[-1].label == "right"


def test_immediate_derivatives_are_thought_of_last_where_the_document_has_none() -> None:
    sides = read_formula(r"\frac{\partial a_t}{\partial a_{t-1}}"), read_formula("f_t")
    kinds = [
        [one.kind for one in propose_corrections(*sides, Surroundings(tells_immediate=tells))]
        for tells in (False, True)
    ]
    assert (kinds[0][-1], kinds[1][0]) == (IMMEDIATE, IMMEDIATE)
    assert IMMEDIATE not in kinds[0][:-1]


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
    equation = Equation(read_formula(r"\frac{\partial L}{\partial y_i}"), read_formula(r"\tilde y_i - y_i"))

    def read_much(left: Node, right: Node, _: Budget) -> bool:
        asked.append((left, right))
        vocabulary.begin_equation()
        vocabulary.count_readings(MOST_READINGS)
        return False

    assert Search(vocabulary).find(equation, (), {}, None, read_much) is None
    assert 1 <= len(asked) <= MOST_OPERATIONS // (READING * MOST_READINGS)


def test_nothing_is_proposed_that_is_made_of_its_own_left_hand_side() -> None:
    left, right = map(read_formula, ("a_i", "b_i c_i"))
    around = Surroundings(alike={"b": ("a",)}, letters={"i": ()})
    proposed = [write_latex(one.right) for one in propose_corrections(left, right, around)]
    assert "b_i" in proposed
    assert not any("a_i" in one for one in proposed)


@pytest.mark.parametrize("power", [r"\frac{1}{0}", "1/0", r"-\frac{1}{0}"])
def test_a_power_that_is_no_number_is_left_alone(power: str) -> None:
    left, right = map(read_formula, ("a", f"b^{{{power}}}"))
    assert all("0" in write_latex(one.right) for one in propose_corrections(left, right) if one.kind == "a power")


def test_where_every_letter_is_taken_none_is_made_up() -> None:
    letters = "jklmnpqrsuv"
    left, right = map(read_formula, (r"\frac{\partial E}{\partial a_t}", r"\frac{\partial E_t}{\partial a_t}"))
    few, all_taken = (
        [one.kind for one in propose_corrections(left, right, Surroundings(letters=dict.fromkeys(used, ("n",))))]
        for used in (letters[:-1], letters)
    )
    assert "a missing sum" in few
    assert "a missing sum" not in all_taken
    left, right = map(read_formula, ("a_j", "b_{jk}"))
    assert list(propose_corrections(left, right, Surroundings(letters=dict.fromkeys(letters, ()))))


def test_what_is_proposed_can_be_written() -> None:
    for equation in RIGHT:
        left, right = map(read_formula, equation.split(" = ", 1))
        assert list(map(write_latex, (one.right for one in propose_corrections(left, right))))
