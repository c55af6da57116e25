"""The rule by which sizes decide: the shortest that fits every case, said where the cases exclude all others."""

from collections.abc import Callable, Iterable
from itertools import product
from typing import Any

import pytest

from bptt.verify._size_rules import SizeEvidence, find_shortest_rules

NAMES = ("h", "t", "m")
ALL = [dict(zip(NAMES, sizes, strict=True)) for sizes in product(range(1, 5), repeat=3)]


def collect(is_wrong: Callable[..., bool], cases: Iterable[dict[str, int]] = ALL) -> SizeEvidence:
    """Return the evidence of cases of ordinary numbers."""
    evidence = SizeEvidence(NAMES)
    for sizes in cases:
        evidence.add_case(sizes, is_wrong=is_wrong(**sizes), is_ordinary=True)
    return evidence


class TestTheShortestRules:
    @pytest.mark.parametrize(
        ("wrong", "right", "expected"),
        [
            ([(2, 2), (3, 2), (2, 4)], [(1, 1), (1, 3), (4, 1)], ["h ≥ 2 and t ≥ 2"]),
            ([(1, 1), (2, 3)], [], [""]),
            ([(1, 2), (1, 3)], [(2, 2), (3, 3), (2, 3), (2, 1), (1, 1)], ["h = 1 and t ≥ 2"]),
            ([(1, 2), (3, 2), (3, 4)], [(1, 1), (2, 2), (4, 4)], ["h ≠ t"]),
            ([(1, 1), (3, 3)], [(1, 2), (3, 2), (4, 1)], ["h = t"]),
            ([(1, 1), (2, 1), (4, 2)], [(1, 3), (2, 4)], ["t ≤ 2"]),
            ([(2, 2), (3, 3)], [(1, 1)], ["h ≥ 2", "t ≥ 2"]),
            ([(1, 1), (2, 2), (1, 3)], [(1, 2), (2, 1)], []),
        ],
    )
    def test_they_hold_where_a_case_is_wrong_and_never_else(self, wrong: Any, right: Any, expected: Any) -> None:
        cases_wrong, cases_right = ([{"h": h, "t": t} for h, t in cases] for cases in (wrong, right))
        assert list(map(str, find_shortest_rules(cases_wrong, cases_right, ["h", "t"]))) == expected


class TestWhatIsSaid:
    @pytest.mark.parametrize(
        ("is_wrong", "expected"),
        [
            (lambda h, t, m: h >= 2, "h ≥ 2"),
            (lambda h, t, m: t > 3, "t ≥ 4"),
            (lambda h, t, m: h >= 2 and t >= 3, "h ≥ 2 and t ≥ 3"),
            (lambda h, t, m: h != t, "h ≠ t"),
            (lambda h, t, m: h == m, "h = m"),
            (lambda h, t, m: m == 1, "m = 1"),
            (lambda h, t, m: h % 2 == 0, "None"),
            (lambda h, t, m: h >= 2 or t >= 3, "None"),
            (lambda h, t, m: h * t >= 6, "None"),
            (lambda h, t, m: h >= 2 or t == m == 4, "None"),
            (lambda h, t, m: h in (m, t), "None"),
        ],
    )
    def test_a_rule_is_said_of_all_sizes_if_and_only_if_it_is_true(self, is_wrong: Any, expected: str) -> None:
        assert str(collect(is_wrong).find_rule()) == expected

    @pytest.mark.parametrize("missing", [{"h": 1, "t": 4}, {"h": 1, "t": 2, "m": 2}])
    def test_none_is_said_while_a_combination_that_is_drawn_has_no_case(self, missing: dict[str, int]) -> None:
        cases = [sizes for sizes in ALL if not missing.items() <= sizes.items()]
        evidence = collect(lambda h, t, m: h >= 2, cases)
        assert str(evidence.find_rule()) == "h ≥ 2"  # for all that is known to be drawn
        evidence.add_drawn({**ALL[0], **missing})
        assert not evidence.find_rule()
        wanted = [sizes for sizes in ALL if evidence.lacks(sizes, is_ordinary=True)]
        assert wanted
        assert all(missing.items() <= sizes.items() for sizes in wanted)

    def test_none_is_said_of_so_few_cases_that_numbers_may_decide_and_not_sizes(self) -> None:
        few = [{"h": h} for h in (1, 1, 2, 2)]
        evidence = SizeEvidence(["h"])
        for sizes in few:
            evidence.add_case(sizes, is_wrong=sizes["h"] == 2, is_ordinary=True)
        assert evidence.find_rule() is None
        assert evidence.lacks({"h": 1}, is_ordinary=True)
        for sizes in few * 3:
            evidence.add_case(sizes, is_wrong=sizes["h"] == 2, is_ordinary=True)
        assert str(evidence.find_rule()) == "h ≥ 2"
        assert not evidence.lacks({"h": 1}, is_ordinary=True)

    def test_a_case_that_is_right_by_chance_is_no_exception_and_several_of_ordinary_numbers_are(self) -> None:
        evidence = collect(lambda h, t, m: h >= 2)
        evidence.add_case({"h": 2, "t": 1, "m": 1}, is_wrong=False, is_ordinary=False)
        assert str(evidence.find_rule()) == "h ≥ 2"
        evidence.add_case({"h": 2, "t": 1, "m": 1}, is_wrong=False, is_ordinary=True)
        assert str(evidence.find_rule()) == "h ≥ 2"  # where terms cancel, say
        for m in (2, 3, 4):
            evidence.add_case({"h": 2, "t": 1, "m": m}, is_wrong=False, is_ordinary=True)
        assert evidence.find_rule() is None

    def test_sizes_that_are_known_from_cases_right_by_chance_alone_are_looked_at_again(self) -> None:
        unknown = [{"h": 3, "t": 4, "m": m} for m in (1, 2, 3, 4)]
        evidence = collect(lambda h, t, m: h >= 2, [sizes for sizes in ALL if sizes not in unknown])
        for sizes in unknown:
            evidence.add_case(sizes, is_wrong=False, is_ordinary=False)
        assert evidence.find_rule() is None
        assert all(evidence.lacks(sizes, is_ordinary=True) for sizes in unknown)

    def test_sizes_that_are_always_equal_are_one_size(self) -> None:
        evidence = SizeEvidence(["x.shape[0]", "W.shape[1]"])
        for n in [1, 2, 3, 4] * 8:
            evidence.add_case({"x.shape[0]": n, "W.shape[1]": n}, is_wrong=n >= 2, is_ordinary=True)
        assert str(evidence.find_rule()) == "x.shape[0] ≥ 2"

    def test_none_is_said_of_cases_whose_sizes_have_other_names(self) -> None:
        evidence = collect(lambda h, t, m: h >= 2)
        evidence.add_case({"h": 1}, is_wrong=False, is_ordinary=True)
        assert evidence.find_rule() is None
        assert not evidence.fits_a_rule
