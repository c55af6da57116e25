"""What stands in for functions of libraries while a caller's code runs on balls.

NumPy asks the arrays that it is given how to compute with them; Python's `float` and `math` and SciPy's functions ask
nobody. So a caller's code gets others under these names for the time of a run: each computes on balls what the original
computes on floats, and hands everything that holds no ball to the original. Nothing changes for anyone else.
"""

import functools
import sys
import types
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from bptt.balls._array_functions import FUNCTIONS, OF_REAL
from bptt.balls._constructors import CONSTRUCTORS
from bptt.balls._numbers import MATH, TypeStandIn, make_float_type
from bptt.balls._numpy_functions import make_from_iterator, read_buffer
from bptt.balls._ufuncs import list_ufuncs
from bptt.balls.scipy import SCIPY, MethodsOnBalls, OnBalls, call, holds_balls
from bptt.balls.special._functions import list_special

_FLOAT_TYPES = {name: make_float_type(getattr(np, name)) for name in ("float64", "float32", "float16", "longdouble")}


def _gather(function: Any) -> Any:
    """Return a function of NumPy's that makes arrays of the lists of balls it is given: it asks arrays alone."""

    @functools.wraps(function)
    def call_on_arrays(*arguments: Any, **keywords: Any) -> Any:
        given = [np.array(x) if type(x) in (list, tuple) and holds_balls(x) else x for x in arguments]
        return function(*given, **keywords)

    return call_on_arrays


def _list_functions_of_arrays() -> dict[str, dict[str, Any]]:
    """List those of NumPy's functions that are written anew for balls, by the module and the name of each."""
    found: dict[str, dict[str, Any]] = {}
    functions: tuple[Any, ...] = (*OF_REAL, *FUNCTIONS)
    for function in functions:
        module, name = function.__module__, function.__name__
        if getattr(sys.modules[module], name, None) is function:
            found.setdefault(module, {})[name] = _gather(function)
    return found


_OF_ARRAYS = _list_functions_of_arrays()

STAND_INS: dict[str, dict[str, Any]] = {
    "builtins": {"float": make_float_type(float)},
    "math": MATH,
    **_OF_ARRAYS,
    "numpy": {
        **_OF_ARRAYS["numpy"],
        "frombuffer": read_buffer,
        "fromiter": make_from_iterator,
        **_FLOAT_TYPES,
        "double": _FLOAT_TYPES["float64"],
        "single": _FLOAT_TYPES["float32"],
        "half": _FLOAT_TYPES["float16"],
    },
    **SCIPY,
}
"""By the module and the name that they are found by."""


class StandIn(NamedTuple):
    """What stands in for an object, which is kept so that its id stays its own.

    Of a class, `adapt` makes of an object and of what lifts its numbers the one that stands in for it.
    """

    original: Any
    replacement: Any
    adapt: Callable[[Any, Any], Any] | None = None


class _Module(types.ModuleType):
    """A module as a run sees it: what stands in for something does so here, too."""

    def __init__(self, original: types.ModuleType, stand_ins: Mapping[int, "StandIn"]) -> None:
        super().__init__(original.__name__, original.__doc__)
        vars(self).update(__wrapped__=original, _stand_ins=stand_ins)

    def __getattr__(self, name: str) -> Any:
        value = getattr(self.__wrapped__, name)
        stand_in = self._stand_ins.get(id(value))
        return value if stand_in is None else stand_in.replacement

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self.__wrapped__, name, value)

    def __dir__(self) -> list[str]:
        return dir(self.__wrapped__)

    def __repr__(self) -> str:
        return repr(self.__wrapped__)


def find_stand_ins() -> dict[int, StandIn]:
    """Return what stands in for what, by the ids of the originals, of the libraries that are loaded now."""
    return _make_stand_ins(tuple(name for name in STAND_INS if name in sys.modules))


@functools.cache
def _make_stand_ins(loaded: tuple[str, ...]) -> dict[int, StandIn]:
    found = {id(original): StandIn(original, wrapped) for original, wrapped in CONSTRUCTORS.items()}
    for module in loaded:
        for name, replacement in STAND_INS[module].items():
            if (original := getattr(sys.modules[module], name, None)) is not None:
                adapt = replacement.adapt if isinstance(replacement, OnBalls) else None
                found[id(original)] = StandIn(original, _hand_over(original, replacement), adapt)
    for module in _list_packages(loaded) - {"builtins"}:
        original = sys.modules[module]
        found[id(original)] = StandIn(original, _Module(original, found))
    return found


def _list_packages(modules: Iterable[str]) -> set[str]:
    """Return the modules, and the packages that they are found in."""
    return {".".join(parts[: n + 1]) for parts in (name.split(".") for name in modules) for n in range(len(parts))}


def _hand_over(original: Any, replacement: Any) -> Any:
    """Return a function that hands to the original what holds no ball."""
    if isinstance(replacement, OnBalls):
        return _stand_in_for_scipy(original, replacement)
    if isinstance(replacement, MethodsOnBalls):
        return _ObjectOnBalls(original, replacement)
    if isinstance(replacement, type) or getattr(replacement, "__wrapped__", None) is original:
        return replacement  # which sees to that itself

    @functools.wraps(original)
    def call_either(*arguments: Any, **keywords: Any) -> Any:
        return (replacement if holds_balls((arguments, keywords)) else original)(*arguments, **keywords)

    return call_either


class _ClassOnBalls(TypeStandIn):
    """The class of what stands for a class of SciPy's."""

    on_balls: OnBalls

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        return call(self.on_balls, self.original, arguments, keywords)


class _ObjectOnBalls:
    """An object of SciPy's with some of its methods replaced."""

    def __init__(self, original: Any, replaced: MethodsOnBalls) -> None:
        methods = {name: _stand_in_for_scipy(getattr(original, name), f) for name, f in replaced.methods.items()}
        vars(self).update({**methods, "__wrapped__": original})

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__wrapped__, name)

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        return vars(self).get("__call__", self.__wrapped__)(*arguments, **keywords)


def _stand_in_for_scipy(original: Any, on_balls: OnBalls) -> Any:
    if isinstance(original, type):
        return _ClassOnBalls(original.__name__, (), {"original": original, "on_balls": on_balls})

    @functools.wraps(original)
    def call_on_balls(*arguments: Any, **keywords: Any) -> Any:
        return call(on_balls, original, arguments, keywords)

    return call_on_balls


def list_functions() -> dict[str, list[str]]:
    """List what balls have functions for, by the module and the name of each: NumPy's others are made of these.

    Raises nothing, and loads no library.
    """
    found = {module: sorted(names) for module, names in STAND_INS.items() if module != "builtins"}
    found["numpy"] = sorted({*found["numpy"], *(ufunc.__name__ for ufunc in list_ufuncs())})
    found["scipy.special"] = sorted(name for name in list_special() if not name.startswith("_"))
    return dict(sorted(found.items()))
