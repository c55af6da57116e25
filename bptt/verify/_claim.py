"""What a user writes down for `bptt verify FILE.py:NAME`, as `unittest.TestCase` is what one writes for unittest."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from bptt.verify._problem import Function, Method

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


class Claim(NamedTuple):
    """That a function is the gradient of another: the arguments of `judge_gradient`, to be judged by the command."""

    f: Function
    gradient: Function
    at: "tuple[Any, ...] | SearchStrategy[Any]"
    wrt: str | Sequence[str] | None = None
    method: Method = "auto"
