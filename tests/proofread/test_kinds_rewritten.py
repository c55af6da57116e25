"""The label of an equation does not depend on how it is written, nor on what else stands in the document."""

import os
import subprocess
import sys
from collections.abc import Sequence

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bptt.proofread import proofread
from tests.proofread.kinds import VECTORS, Kind, judge
from tests.proofread.kinds_of_notation import NOTATIONS
from tests.proofread.test_kinds import KINDS

# Equations that are rewritten as text: without a remark, and without letters that mean something on one side alone.
NOT_REWRITTEN = (r"\quad", r"\text{", "cases", "dz", "dq", r"\partial R_j")
LATER = (r"q = \bogus{1}", r"\lambda = 3", "a = b", "M = 0", "S = I", r"\ell = \ldots", r"z = \bogus{2}", "b = S a")
BOUND = "jklpqvw"
SUMS = {
    r"\sum_X S_{iX} a_X = \sum_Y S_{iY} a_Y": True,
    r"\sum_X \sum_Y S_{XY} a_X b_Y = a^\top S b": True,
    r"\frac{\partial}{\partial a_i} \sum_X a_X b_X = b_i": True,
    r"a_X S_{XY} b_Y = \sum_X \sum_Y S_{XY} a_X b_Y": True,
    r"\prod_X e^{a_X} = e^{\sum_Y a_Y}": True,
    r"\sum_X S_{iX} a_X = \sum_Y S_{Yi} a_Y": False,
    r"\sum_X \sum_Y S_{XY} a_X b_Y = b^\top S a": False,
    r"\frac{\partial}{\partial a_i} \sum_X a_X b_X = \sum_Y b_Y": False,
    r"\sum_X a_X b_X = \sum_X a_X \sum_Y b_Y": False,
}


def list_rewritable() -> list[tuple[Kind, str, bool]]:
    """List the equations of all kinds that are one symbol = with two sides, and whether they are true."""
    return [
        (kind, equation, of == "true")
        for kind in (*KINDS.values(), *NOTATIONS.values())
        for of in ("true", "false")
        for equation in getattr(kind, of)
        if equation.count(" = ") == 1 and not any(text in equation for text in NOT_REWRITTEN)
    ]


REWRITABLE = list_rewritable()
rewritable = st.sampled_from(REWRITABLE)


def is_right(kind: Kind, equation: str) -> bool:
    return judge(kind, equation).label == "right"


def label_all(displays: Sequence[str], glossary: str | None) -> list[tuple[str, str]]:
    text = "\n\n".join(f"$$\n{one}\n$$" for one in displays)
    return [(finding.label, finding.note) for display in proofread(text, glossary) for finding in display]


@given(rewritable)
def test_an_equation_is_right_exactly_if_its_mirror_image_is(case: tuple[Kind, str, bool]) -> None:
    kind, equation, is_true = case
    left, right = equation.split(" = ")
    assert is_right(kind, f"2 ({right}) = 2 ({left})") is is_true


@given(rewritable)
def test_both_sides_times_a_number_are_right_exactly_if_they_are(case: tuple[Kind, str, bool]) -> None:
    kind, equation, is_true = case
    assume(r"\lambda" in (kind.glossary or ""))
    left, right = equation.split(" = ")
    assert is_right(kind, rf"\lambda ({left}) = \lambda ({right})") is is_true


@given(rewritable, st.integers(1, 9))
def test_a_right_equation_with_a_term_more_on_one_side_is_not_right(case: tuple[Kind, str, bool], times: int) -> None:
    kind, equation, is_true = case
    assume(is_true)
    right = equation.split(" = ")[1]
    assert not is_right(kind, f"{equation} + {times} ({right})")


@given(st.sampled_from(sorted(SUMS)), st.permutations(BOUND))
def test_the_letters_that_a_sum_binds_mean_nothing(template: str, letters: Sequence[str]) -> None:
    equation = template.replace("X", letters[0]).replace("Y", letters[1])
    assert is_right(Kind(VECTORS), equation) is SUMS[template]


@given(rewritable, st.data())
def test_definitions_may_stand_in_any_order(case: tuple[Kind, str, bool], data: st.DataObject) -> None:
    kind, equation, is_true = case
    shuffled = data.draw(st.permutations(kind.before))
    assert is_right(kind._replace(before=shuffled), equation) is is_true


@given(rewritable, st.lists(st.sampled_from(LATER), min_size=1, max_size=3))
def test_what_is_not_read_or_assumed_at_the_end_changes_no_label_before(
    case: tuple[Kind, str, bool], later: Sequence[str]
) -> None:
    kind, equation, is_true = case
    assume(kind.glossary == VECTORS)
    assert is_right(kind._replace(after=[*kind.after, *later]), equation) is is_true


DOCUMENT = [*KINDS["a sum held fixed"].before, *KINDS["a sum held fixed"].true, *KINDS["a sum held fixed"].false]
PROGRAM = """
import sys
from tests.proofread.test_kinds_rewritten import DOCUMENT, VECTORS, label_all
sys.stdout.buffer.write(repr(label_all(DOCUMENT, VECTORS)).encode())
"""


def test_a_second_run_says_the_same() -> None:
    assert label_all(DOCUMENT, VECTORS) == label_all(DOCUMENT, VECTORS)


@pytest.mark.parametrize("seed", ["1", "2"])
def test_another_process_with_other_hashes_says_the_same(seed: str) -> None:
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, check=True, env=environment)
    assert done.stdout.decode() == repr(label_all(DOCUMENT, VECTORS))
