"""What `bptt.proofread` says of equations whose worth is known."""

import re
from importlib.resources import files
from pathlib import Path

import pytest

from bptt.proofread import Finding, GlossaryError, proofread

POST = Path(__file__).parents[1] / "data" / "post.md"
LABELS = """
    definition definition definition right definition definition definition right right right right right right right
    right right wrong wrong right right right wrong contradicts contradicts right right orders_differ contradicts
    contradicts right right right right right right wrong
"""  # of the post's equations 1 to 36, worked out by hand


POSTS = (files("bptt.proofread.semantics") / "post.toml").read_text(encoding="utf-8")


def judged(*equations: str, glossary: str | None = None) -> list[Finding]:
    text = "\n\n".join(f"$$\n{equation}\n$$" for equation in equations)
    return [finding for display in proofread(text, glossary or POSTS) for finding in display]


def label(*equations: str) -> str:
    """The label of the last of these equations."""
    return judged(*equations)[-1].label


def test_all_36_equations_of_the_post_get_their_label() -> None:
    findings = [finding for display in proofread(POST.read_text(encoding="utf-8")) for finding in display]
    assert [finding.label for finding in findings] == [name.replace("_", " ") for name in LABELS.split()]


E_ = r"e_i = \tilde y_i - y_i"
DELTA = r"\delta_k^t = \frac{\partial L}{\partial h_k^t} h_k^t (1 - h_k^t)"

RIGHT = [
    r"\frac{\partial L}{\partial V_{ij}} = (\tilde y_i - y_i) h_j^T",
    r"\frac{\partial L}{\partial V} = (\tilde y - y) h^{T\top}",
    r"\frac{\partial L}{\partial V} = (\tilde y - y) \otimes h^T",
    r"\frac{\partial L}{\partial h_k^T} = (\tilde y_i - y_i) V_{ik}",
    r"\frac{\partial L}{\partial h^T} = V^\top (\tilde y - y)",
    r"\nabla_{h^T} L = V^\top (\tilde y - y)",
    r"\frac{\partial h_k^t}{\partial h_l^{t-1}} = h_k^t(1-h_k^t) W_{kl}",
    r"\frac{\partial h^t}{\partial h^{t-1}} = \mathrm{diag}(h^t \odot (1-h^t)) W",
    r"\frac{\partial^+ h_k^t}{\partial U_{\alpha\beta}} = h_k^t (1-h_k^t) \delta_{k\alpha} x_\beta^t",
    r"\frac{\partial h_k^t}{\partial U_{\alpha\beta}} ="
    r" h_k^t (1-h_k^t) \left( \delta_{k\alpha} x_\beta^t"
    r" + W_{kl} \frac{\partial h_l^{t-1}}{\partial U_{\alpha\beta}} \right)",
    r"L = \frac12 \|\tilde y - y\|^2",
    r"L = \frac12 (\tilde y - y)^\top (\tilde y - y)",
    r"L = \frac12 (\tilde y_i - y_i)(\tilde y_i - y_i)",
    r"\frac{\partial \tilde y_j}{\partial y_k} = 0",
    r"\frac{\partial^2 L}{\partial V_{ij} \partial V_{kl}} = \delta_{ik} h_j^T h_l^T",
    r"\frac{\partial^2 L}{\partial h_k^T \partial h_l^T} = V_{ik} V_{il}",
    r"\frac{\partial L}{\partial y} = y - \tilde y",
    r"dL/dV_{ij} = (\tilde y_i - y_i) h_j^T",
    r"\frac{\partial}{\partial V_{ij}} \left( V_{kl} h_l^T \right) = \delta_{ik} h_j^T",
    r"\sum_{k=1}^{D_h} \frac{\partial \tilde y_i}{\partial h_k^T} = \sum_k V_{ik}",
    r"\left. \frac{dL}{dU_{km}} \right|_{t=1} = (\tilde y_i - y_i) V_{ik} h_k^1 (1 - h_k^1) x_m^1",
]

WRONG = [
    r"\frac{\partial L}{\partial V_{ij}} = (y_i - \tilde y_i) h_j^T",
    r"\frac{\partial L}{\partial V_{ij}} = 2 (\tilde y_i - y_i) h_j^T",
    r"\frac{\partial L}{\partial V_{ij}} = (\tilde y_i - y_i) h_j^{T-1}",
    r"\frac{\partial L}{\partial V_{ij}} = (\tilde y_i - y_i) x_j^T",
    r"\frac{\partial L}{\partial V_{ij}} = (\tilde y_i - y_i)",
    r"\frac{\partial L}{\partial V_{ij}} = \frac{1}{D_y} (\tilde y_i - y_i) h_j^T",
    r"\frac{\partial L}{\partial V} = h^T \otimes (\tilde y - y)",
    r"\frac{\partial L}{\partial h^T} = V (\tilde y - y)",
    r"\frac{\partial h_k^t}{\partial h_l^{t-1}} = h_k^t(1-h_k^t) W_{lk}",
    r"\frac{\partial h_k^t}{\partial h_l^{t-1}} = h_l^t(1-h_l^t) W_{kl}",
    r"\frac{\partial h_k^t}{\partial h_l^{t-1}} = (1-h_k^t h_k^t) W_{kl}",
    r"\frac{\partial h^t}{\partial h^{t-1}} = W \mathrm{diag}(h^t \odot (1-h^t))",
    r"\frac{\partial h_k^t}{\partial U_{\alpha\beta}} = h_k^t (1-h_k^t) \delta_{k\alpha} x_\beta^t",
    r"\frac{\partial h_k^t}{\partial W_{\alpha\beta}} = h_k^t (1-h_k^t) \delta_{k\alpha} h_\beta^{t-1}",
    r"\frac{\partial^2 L}{\partial V_{ij} \partial V_{kl}} = h_j^T h_l^T",
    r"\frac{\partial \tilde y_j}{\partial V_{\alpha\beta}} = h_\beta^T",
    r"\frac{\partial L}{\partial y} = \tilde y - y",
    r"\sum_{k=1}^{D_x} \frac{\partial \tilde y_i}{\partial h_k^T} = \sum_k V_{ik}",
]


@pytest.mark.parametrize("equation", RIGHT)
def test_a_right_equation_is_right(equation: str) -> None:
    assert label(r"L = \frac{1}{2} \sum_i (\tilde y_i - y_i)^2", equation) == "right"


@pytest.mark.parametrize("equation", WRONG)
def test_a_wrong_equation_is_wrong(equation: str) -> None:
    assert label(r"L = \frac{1}{2} \sum_i (\tilde y_i - y_i)^2", equation) == "wrong"


def test_a_wrong_equation_comes_with_the_smallest_sizes_and_an_entry_with_both_values() -> None:
    published = (
        r"\left. \frac{dL}{dU_{\alpha\beta}} \right|_{t=2}"
        r" = e_i V_{i\alpha} h_\alpha^T (1 - h_\alpha^T) (x_\beta^T + W_{\alpha k} S_{k\beta})"
    )
    S = r"S_{k\beta} = h_k^{T-1} (1 - h_k^{T-1}) x_\beta^{T-1}"
    *_, finding = judged(E_, S, published)
    assert finding.label == "wrong"
    assert re.match(
        r"at D_h = 2, D_x = 1, D_y = 1, T = 2, entry α = \d, β = 1: -?\d.\d+ on the left, -?\d.\d+ on the right$",
        finding.note,
    )


def test_an_equation_that_fails_only_where_three_indices_differ_is_tried_at_three() -> None:
    *_, finding = judged(r"a_k = h_k^1", r"a_i a_j a_k (1 - \delta_{ij}) (1 - \delta_{jk}) (1 - \delta_{ik}) = 0")
    assert finding.label == "wrong"
    assert finding.note.startswith("at D_h = 3,")


@pytest.mark.parametrize(
    ("equation", "note"),
    [
        (
            r"\frac{\partial L}{\partial V_{ij}} = (\tilde y_i - y_i) h_j^T",
            "tried at (D_h, D_x, D_y) = (1, 1, 1), (2, 3, 4), (4, 3, 2), (4, 5, 4), (6, 7, 6) and T = 1, 2, 3",
        ),
        (r"\frac{\partial L}{\partial V_{ij}} = (\tilde y_i - y_i) h_j^t", "t is the last step; tried at"),
        (
            r"\frac{\partial L}{\partial V_{ij}} = (\tilde y_i - y_i) h_j",
            "symbols without a step are meant at the last",
        ),
        (
            r"\frac{\partial L}{\partial V_{ij}} = (\tilde y - y) h_j^T",
            "what bears no index on the right is meant at i",
        ),
        (r"\frac{D_y}{D_y} L = L", "tried at (D_h, D_x, D_y) ="),
        (r"\exp(\sum_i y_i) = \prod_i \exp(y_i)", "tried at D_y = 1, 2, 3, 4, 6"),
    ],
)
def test_a_right_equation_comes_with_the_reading_taken_and_the_sizes_it_stands_for(equation: str, note: str) -> None:
    *_, finding = judged(equation)
    assert finding.label == "right"
    assert note in finding.note


def test_the_chain_rule_over_the_steps_needs_one_immediate_factor_and_says_which() -> None:
    *_, finding = judged(r"\partial L/\partial U = \sum_t (\partial L/\partial h_t) * (\partial h_t/\partial U)")
    assert finding.label == "right"
    assert re.match(
        r"the derivative in column (33|61) is immediate: the states of the other steps are held", finding.note
    )


def test_the_first_definition_stands_and_a_later_one_that_disagrees_contradicts_it() -> None:
    first, second, restated, claim_ = judged(
        r"h_k^t = \tanh(W_{kl} h_l^{t-1} + U_{km} x_m^t)",
        r"h_k^t = \tanh(W_{lk} h_l^{t-1} + U_{km} x_m^t)",
        r"\vec h^t = \tanh(U \vec x^t + W \vec h^{t-1})",
        r"\frac{\partial h_k^t}{\partial h_l^{t-1}} = (1 - h_k^t h_k^t) W_{kl}",
    )
    assert (first.label, second.label, restated.label, claim_.label) == ("definition", "contradicts", "right", "right")
    assert second.note.startswith("line 2: ")


def test_a_definition_of_the_glossary_stands_against_the_document_and_a_default_does_not() -> None:
    glossary = "{} = ['z = 2 x']\n[symbols]\nx = ''\n"
    assert judged("z = 3 x", glossary=glossary.format("defaults"))[0].label == "definition"
    contradicting = judged("z = 3 x", glossary=glossary.format("definitions"))[0]
    assert (contradicting.label, contradicting.note[:12]) == ("contradicts", "the glossary")
    assert judged("z = x + x", glossary=glossary.format("definitions"))[0].label == "definition"


def test_a_definition_may_stand_behind_its_use() -> None:
    used, defined, _ = judged(r"\frac{\partial L}{\partial h_k^T} = V_{ik} e_i", E_, r"\tilde y_j = V_{jk} h_k^T")
    assert (used.label, defined.label) == ("right", "definition")


def test_a_function_that_the_document_defines_is_differentiated() -> None:
    *_, slope, wrong, contradicting = judged(
        r"\phi(x) = x \exp(-x)",
        r"\phi'(L) = \exp(-L) - \phi(L)",
        r"\phi'(L) = \exp(-L) + \phi(L)",
        r"\phi(z) = z \exp(z)",
    )
    assert (slope.label, wrong.label, contradicting.label) == ("right", "wrong", "contradicts")


def test_a_derivative_goes_by_way_of_what_is_named_after_its_use() -> None:
    named = [r"a_k^t = U_{km} x_m^t + W_{kl} h_l^{t-1}", E_]
    slope = r"\frac{\partial h_k^t}{\partial a_l^t} = h_k^t (1 - h_k^t) \delta_{kl}"
    lost = r"\frac{\partial h_k^t}{\partial a_l^t} = h_k^t (1 - h_k^t)"
    assert [label(*named, equation) for equation in (slope, lost)] == ["right", "wrong"]
    assert label(*named, r"\frac{\partial L}{\partial e_i} = e_i") == "right"


def test_a_derivative_by_what_is_not_on_the_way_is_unreadable_and_not_zero() -> None:
    *_, finding = judged(r"z = x_m^1 x_m^1", r"\frac{\partial L}{\partial z} = 0")
    assert (finding.label, finding.note) == ("unreadable", "the numerator is not defined by way of z")


def test_an_assignment_defines_nothing() -> None:
    slope = r"\frac{\partial h_k^t}{\partial h_l^{t-1}} = 0"
    assert [finding.label for finding in judged(r"W_{kl} \leftarrow 0", slope)] == ["definition", "wrong"]


@pytest.mark.parametrize("sign", ["≡", "≔", ":=", r"\equiv", r"\triangleq"])
def test_every_sign_of_equality_states_an_equation(sign: str) -> None:
    assert label(RIGHT[0].replace(" = ", f" {sign} ")) == "right"


def test_a_standard_function_is_not_defined_anew() -> None:
    glossary = "[symbols]\na = ''\n"
    assert judged(r"\exp(a) = 1 + a", glossary=glossary)[0].label == "wrong"
    assert judged(r"\tanh(z) = \frac{e^z - e^{-z}}{e^z + e^{-z}}", glossary=glossary)[0].label == "right"
    assert judged(r"\frac{d}{dz} \tanh(z) = 1 - \tanh^2 z", glossary=glossary)[0].label == "right"


def test_a_sum_over_the_steps_must_be_written() -> None:
    *_, finding = judged(DELTA, r"\frac{\partial L}{\partial U} = \delta^t x^{t\top}")
    assert finding.label == "wrong"
    assert finding.note.endswith("; it would hold if t is summed over every step")


@pytest.mark.parametrize(
    "equation",
    [
        r"\frac{\partial L}{\partial W_{kl}} = \frac{\partial L}{\partial W_{kl}} + \frac{\partial L}{\partial W_{kl}}",
        r"(h^t \odot (1 - h^t))_k = h_l^t (1 - h_l^t)",
        r"\sigma(W_{kl} h_l^{t-1} + U_{km} x_m^t) = h_l^t",
        r"\sum_k h_k^t = h_1^t + h_2^t",
        r"\sum_{t=1}^T L = L",
        r"\tanh(100 + L) = 1",
        r"\sqrt{y_1 y_1 h_1^1} = y_1 \sqrt{h_1^1}",
        r"\sin 2 L = L \sin 2",
        r"\frac{D_h}{D_y} L = L",
        r"L = 2 L",
        r"h_k^t = h_l^t",
        r"L_i = L",
    ],
)
def test_what_slipped_through_once_is_not_right(equation: str) -> None:
    assert label(equation) in ("wrong", "contradicts")


def test_quantities_that_are_defined_by_one_another_are_unreadable() -> None:
    findings = judged("a = 2 b", "b = a + 1", "a = 3")
    assert "right" not in {finding.label for finding in findings}


def test_a_product_of_jacobians_over_the_steps_is_read_last_step_first_for_the_steps_that_it_has() -> None:
    jacobian = r"\frac{\partial h^t}{\partial h^s} = \prod_{\tau=s+1}^{t} "
    findings = judged(
        jacobian + r"\mathrm{diag}(h^\tau \odot (1 - h^\tau)) W",
        jacobian + r"W \mathrm{diag}(h^\tau \odot (1 - h^\tau))",
        jacobian.replace("s+1", "s") + r"\mathrm{diag}(h^\tau \odot (1 - h^\tau)) W",
    )
    assert [finding.label for finding in findings] == ["right", "wrong", "wrong"]
    assert findings[0].note.endswith("for the steps at which all of it exists")


def test_a_recurrence_may_go_back_from_the_last_step() -> None:
    *_, found, wrong = judged(
        E_,
        r"\lambda_k^t = W_{lk} h_l^{t+1} (1 - h_l^{t+1}) \lambda_l^{t+1}",
        r"\lambda_k^T = V_{ik} e_i",
        r"\frac{\partial L}{\partial h_k^t} = \lambda_k^t",
        r"\frac{\partial L}{\partial h_k^t} = \lambda_k^{t+1}",
    )
    assert (found.label, wrong.label) == ("right", "wrong")


def test_one_layout_of_derivatives_holds_for_the_whole_document() -> None:
    rows = r"\frac{\partial h^t}{\partial h^{t-1}} = \mathrm{diag}(h^t \odot (1-h^t)) W"
    columns = r"\frac{\partial h^t}{\partial h^{t-1}} = W^\top \mathrm{diag}(h^t \odot (1-h^t))"
    assert [finding.label for finding in judged(columns, columns)] == ["right", "right"]
    _, lost = judged(rows, columns)
    assert lost.label == "wrong"
    assert lost.note.endswith("it holds if denominators stand for the rows, but line 2 has numerators")


@pytest.mark.parametrize(
    ("equation", "why"),
    [
        (r"L = y_1 + \ldots + y_n", r"dots are not guessed"),
        (r"L = \phi + 1", r"not used further: \phi is not in the glossary"),
        (r"\frac{\partial L}{\partial V_{ij}} = \max(0, 1, 2)", "maxima, minima and limits are not read"),
        (r"\frac{\partial L}{\partial V_{ijk}} = h_i", "V has 2 indices, got 3, line 2"),
        (r"L \approx 1", r"\approx states no equation"),
        (r"L = \frac{1}{2} (", "it ends where something must follow, line 2, column 17"),
        (r"\tilde y_i \begin{pmatrix} 1 \end{pmatrix} = 1", "a matrix that is written out is not read"),
    ],
)
def test_what_cannot_be_read_says_why_and_where(equation: str, why: str) -> None:
    (finding,) = judged(equation)
    assert finding.label in ("unreadable", "definition")
    assert why in finding.note


def test_sides_of_different_orders_are_told_from_wrong_ones() -> None:
    (finding,) = judged(r"\frac{\partial h^1}{\partial U} = h^1 (1 - h^1) \otimes x^1")
    assert (finding.label, finding.note) == (
        "orders differ",
        "the left-hand side has order 3, the right-hand side order 2",
    )


@pytest.mark.parametrize(
    ("glossary", "message"),
    [
        ("symbols = 3", "symbols must be a table; got 3"),
        ("[symbols]\nx = 'wide'", "symbols.x has the axis 'wide'; the ranges under sizes are none"),
        ("[time]\nplaces = 'above'", "the table time has the key 'places'; expected place, letters, last"),
        ("[time]\nplace = 'above'", "time.place must be 'superscript' or 'subscript'; got 'above'"),
        ("definitions = ['a = b = c']", "the definition a = b = c: a = b = c is no equation with one = sign"),
        ("definitions = ['a = b']", "the definition a = b: b is not in the glossary"),
        ("[symbols]\n'x_{' = ''", "symbols.x_{: it ends where something must follow"),
        ("x = ", "the glossary is not TOML"),
    ],
)
def test_a_glossary_that_cannot_be_used_is_named_at_its_key(glossary: str, message: str) -> None:
    with pytest.raises(GlossaryError, match=re.escape(message)):
        proofread("", glossary)


STEP = r"\frac{\partial h_k^t}{\partial h_l^{t-1}} = h_k^t(1-h_k^t) W_{kl}"


@pytest.mark.parametrize(
    ("unusable", "why"),
    [
        (
            r"\sigma(x) = \frac{V_1}{1+e^{-x}}",
            r"\sigma is defined anew by more than its argument, or by what cannot be",
        ),
        (r"\sigma(x) = y_1 x", r"\sigma is defined anew by more than its argument, or by what cannot be used"),
        (r"\sigma(x) = \ldots", r"\sigma is defined anew by more than its argument, or by what cannot be used"),
        (r"h_k^t = \phi(W_{kl} h_l^{t-1})", "h is defined on line 2 by what cannot be used"),
        (r"h_k^t = \ldots", "h is defined on line 2 by what cannot be used"),
        (r"h_k^t = \max(0, 1, 2)", "h is defined on line 2 by what cannot be used"),
        (r"h_k^t := \begin{cases} 0 \\ 1 \end{cases}", "h is defined on line 2 by what cannot be used"),
    ],
)
def test_no_default_stands_where_the_document_defines_what_cannot_be_used(unusable: str, why: str) -> None:
    claim = judged(unusable, STEP)[-1]
    assert claim.label == "unreadable"
    assert why in claim.note


@pytest.mark.parametrize("unusable", [r"L = \ldots", r"f(a) = \ldots"])
def test_what_cannot_be_used_bears_on_nothing_that_does_not_depend_on_it(unusable: str) -> None:
    assert label(unusable, STEP) == "right"


FACTORS = "[symbols]\nw = ''\na = ''\nb = ''\n"


def test_a_function_that_depends_on_more_than_its_argument_is_read_as_its_formula() -> None:
    found = [
        finding.label
        for finding in judged(
            r"f(z) = w z",
            r"\frac{\partial f(a)}{\partial w} = 0",
            r"\frac{\partial f(a)}{\partial w} = a",
            r"\frac{\partial f(a)}{\partial a} = w",
            r"f'(a) = w",
            r"f'(a) = a w",
            glossary=FACTORS,
        )
    ]
    assert found == ["definition", "wrong", "right", "right", "right", "wrong"]


def test_functions_of_several_arguments_that_are_defined_twice_are_compared() -> None:
    first, *others = judged(r"g(a, b) = a - b", r"g(a, b) = b - a", r"g(b, a) = b - a", glossary=FACTORS)
    assert first.label == "definition"
    assert [finding.label for finding in others] == ["contradicts", "right"]


@pytest.mark.parametrize(
    ("equation", "expected"),
    [("f(W, 2) = 2 W W", "right"), (r"f(W, 2) = 2 W^\top W", "wrong"), ("f(W, 2) = 2 W", "wrong")],
)
def test_a_parameter_that_stands_twice_in_a_function_has_axes_of_its_own_each_time(
    equation: str, expected: str
) -> None:
    glossary = "[sizes]\nn = 'n'\n[symbols]\nW = 'n n'\n"
    assert judged("f(X, a) = a X X", equation, glossary=glossary)[-1].label == expected
