"""A claim that somebody makes: this is the gradient of that, at this point or at random ones."""

import importlib
import importlib.util
import inspect
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple, cast

import numpy as np
from hypothesis.strategies import SearchStrategy

from bptt.verify._interface import check_gradient
from bptt.verify._message import explain
from bptt.verify._problem import FlatArguments
from bptt.verify._random_sizes import verify_gradient
from bptt.verify._report import ReferenceKind, Report
from bptt.verify._reproduction import snippet
from bptt.verify._verification import Verification


class Claim(NamedTuple):
    """What `check_gradient` is to judge or, at random points, `verify_gradient`; see there."""

    f: Callable[..., Any]
    gradient: Callable[..., Any]
    arguments: tuple[Any, ...] | SearchStrategy[Any]  # a strategy for them, which `verify_gradient` is to draw from
    wrt: str | Sequence[str] | None = None
    reference: ReferenceKind | None = None

    def check(self, seed: int | None = None) -> Report:
        """The report of `check_gradient`."""
        point = cast("tuple[Any, ...]", self.arguments)  # whatever else it may be is refused there
        return check_gradient(self.f, self.gradient, point, wrt=self.wrt, reference=self.reference, seed=seed)

    def explain(self, report: Report) -> str:
        """What to say where that report is wrong."""
        assert isinstance(self.arguments, tuple)
        options = {"wrt": self.wrt, "reference": self.reference, "seed": report.seed or None}
        lines = snippet("assert_gradient", self.f, self.gradient, self.arguments, options)
        return explain(report, self.f, self.gradient, FlatArguments(self.f, self.arguments, self.wrt), lines)

    def verify(self, examples: int, seed: int, judged: Callable[[], None]) -> Verification:
        """The outcome of `verify_gradient` for the points that `arguments` draws."""
        assert isinstance(self.arguments, SearchStrategy)
        return verify_gradient(
            self.f,
            self.gradient,
            self.arguments,
            wrt=self.wrt,
            reference=self.reference,
            examples=examples,
            seed=seed,
            judged=judged,
        )


def load(place: str) -> Any:
    """The object at `module:name` or `file.py:name`; modules are looked for in the working directory, too.

    Raises `ValueError` if there is none, and whatever importing the module raises.
    """
    module_name, _, name = place.rpartition(":")
    if not module_name or not name:
        raise ValueError(f"a claim is named module:name or file.py:name; got {place!r}")
    module = _from_file(Path(module_name)) if module_name.endswith(".py") else _imported(module_name)
    if not hasattr(module, name):
        public = ", ".join(
            n for n in vars(module) if not n.startswith("_") and not inspect.ismodule(getattr(module, n))
        )
        raise ValueError(f"{module_name} has no {name!r}; it has {public or 'nothing'}")
    return getattr(module, name)


def points(claim: Any, examples: int, seed: int) -> Iterator[Claim]:
    """The claims to be judged: one, or as many as asked for where the claim is a function of a random generator.

    A claim is a `Claim`, a tuple of its fields, or a function that returns one; such a function takes nothing, or a
    NumPy generator to draw the arguments from. Raises `TypeError` for anything else.
    """
    if not callable(claim) or not inspect.signature(claim).parameters:
        yield _as_claim(claim() if callable(claim) else claim)
        return
    for n in range(examples):
        yield _as_claim(claim(np.random.default_rng([seed, n])))


def _as_claim(claim: Any) -> Claim:
    if isinstance(claim, tuple) and 3 <= len(claim) <= 5 and callable(claim[0]) and callable(claim[1]):
        return Claim(*claim)
    raise TypeError(
        f"a claim must be a bptt.verify.Claim or a tuple (f, gradient, arguments), or a function that returns one;"
        f" got {type(claim).__name__}"
    )


def _imported(name: str) -> ModuleType:
    if (here := str(Path.cwd())) not in sys.path:
        sys.path.insert(0, here)
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not (name == error.name or name.startswith(f"{error.name}.")):
            raise  # something that the module itself needs
        raise ValueError(f"there is no module {name!r} here or among the installed ones") from error


def _from_file(file: Path) -> ModuleType:
    if not file.is_file():
        raise ValueError(f"there is no file {file}")
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(file.parent.resolve()))
    sys.modules[file.stem] = module
    spec.loader.exec_module(module)
    return module
