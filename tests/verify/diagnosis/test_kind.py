"""A kind has a sentence, made of its parameters in one place."""

import json
from dataclasses import asdict

import pytest

from bptt.verify.diagnosis._kind import ORDER, Form, name_indices, name_step, show_number, write_product


def test_a_sentence_is_made_of_the_parameters_and_both_are_plain_data() -> None:
    kind = Form.PATH_MISSING.describe(way="the use of x in `x.mean()`, line 3 of f.py")
    assert kind.text == "the true one without the use of x in `x.mean()`, line 3 of f.py"
    scaled = Form.SCALED.describe(factor="1/5").extend(", or 1/T or 1/B times", {"or": ["1/T", "1/B"]})
    assert scaled.text == "1/5 times the true one, or 1/T or 1/B times"
    assert json.loads(json.dumps(asdict(scaled)))["parameters"] == {"factor": "1/5", "or": ["1/T", "1/B"]}


def test_the_likelier_kind_comes_first_and_forms_of_one_kind_are_equally_likely() -> None:
    assert ORDER.index(Form.NEGATED.kind) < ORDER.index(Form.REVERSED.kind)
    assert Form.SCALED.kind == Form.AVERAGED.kind


@pytest.mark.parametrize(
    ("names", "exponents", "expected"),
    [(["T"], (-1.0,), "1/T"), (["n", "m"], (1.0, 0.5), "n √m"), (["n", "m", "b"], (1.0, -0.5, -1.0), "n/(√m b)")],
)
def test_a_product_of_sizes_is_written_as_one_would(
    names: list[str], exponents: tuple[float, ...], expected: str
) -> None:
    assert write_product(names, exponents) == expected


def test_numbers_steps_and_indices_have_names_that_hold_for_other_sizes_too() -> None:
    assert [show_number(x) for x in (0.5, 1 / 3, 0.1234567891)] == ["1/2", "1/3", "0.123457"]
    assert name_step(4, 4) == ["the last step", "step 4, counted from 0,"]
    assert name_indices([0], 3) == ["the first index", "index 0"]
    assert name_indices([0, 1], 3) == ["all but the last index", "indices 0, 1"]
