"""What each index runs over."""

import pytest

from bptt.proofread._expressions import Concatenation, Delta, Entry, Quantity, Times, Total
from bptt.proofread.semantics import Misfit
from bptt.proofread.semantics._ranges import Ranges
from bptt.proofread.syntax import Unreadable

U = Quantity("U", (("hidden",), ("input",)), timed=False)
a = Quantity("a", (("hidden",),), timed=False)
x = Quantity("x", (("input",),), timed=False)


def test_an_index_runs_over_the_range_of_the_axis_that_it_sits_on() -> None:
    assert Ranges(Entry(U, None, ("k", "m"))).get_all() == {"k": ("hidden",), "m": ("input",)}


def test_an_index_that_sits_on_two_ranges_is_a_misfit() -> None:
    with pytest.raises(Misfit, match="the index k runs over hidden and over input"):
        Ranges(Times((Entry(a, None, ("k",)), Entry(x, None, ("k",)))))


def test_the_indices_of_a_delta_run_over_the_same() -> None:
    assert Ranges(Times((Delta("i", "k"), Entry(a, None, ("k",))))).get("i") == ("hidden",)
    with pytest.raises(Misfit, match="the index [km] runs over"):
        Ranges(Times((Entry(a, None, ("k",)), Entry(x, None, ("m",)), Delta("k", "m"))))


def test_an_index_that_sits_on_nothing_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="nothing says what the index j runs over"):
        Ranges(Delta("i", "j")).get("j")


def test_an_index_of_vectors_behind_one_another_runs_over_both_ranges() -> None:
    both = Concatenation("z", (("k", Entry(a, None, ("k",))), ("m", Entry(x, None, ("m",)))))
    assert Ranges(both).get("z") == ("hidden", "input")


def test_the_limits_of_a_sum_say_what_its_index_runs_over() -> None:
    with pytest.raises(Misfit, match="the index k runs over hidden and over input"):
        Ranges(Total("k", Entry(a, None, ("k",)), range=("input",)))


def test_an_axis_that_is_being_worked_out_runs_over_what_sits_on_it() -> None:
    new = Quantity("z", (("axis 0",),), timed=False)
    body = Times((Entry(new, None, ("k",)), Entry(a, None, ("k",))))
    assert Ranges(body, unknown=["axis 0"]).get("axis 0") == ("hidden",)
