"""The rule by which sizes decide: the shortest that fits every case, and none where two do."""

from typing import Any

import pytest

from bptt.verify._size_rules import find_rule


@pytest.mark.parametrize(
    ("wrong", "right", "expected"),
    [
        ([(2, 2), (3, 2), (2, 4)], [(1, 1), (1, 3), (4, 1)], "h ≥ 2 and t ≥ 2"),
        ([(1, 1), (2, 3)], [], ""),
        ([(1, 2), (1, 3)], [(2, 2), (3, 3), (2, 3), (2, 1), (1, 1)], "h = 1 and t ≥ 2"),
        ([(1, 2), (3, 2), (3, 4)], [(1, 1), (2, 2), (4, 4)], "h ≠ t"),
        ([(1, 1), (3, 3)], [(1, 2), (3, 2), (4, 1)], "h = t"),
        ([(1, 1), (2, 1), (4, 2)], [(1, 3), (2, 4)], "t ≤ 2"),
        ([(2, 2), (3, 3)], [(1, 1)], None),  # h ≥ 2, or t ≥ 2
        ([(1, 1), (2, 2), (1, 3)], [(1, 2), (2, 1)], None),
    ],
)
def test_it_is_the_shortest_that_fits_and_none_where_two_do(wrong: Any, right: Any, expected: Any) -> None:
    assert find_rule([{"h": h, "t": t} for h, t in wrong], [{"h": h, "t": t} for h, t in right]) == expected
