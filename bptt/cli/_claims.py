"""A user's claim, MODULE:NAME or FILE.py:NAME: loading it, judging it, and printing what was found."""

import importlib
import importlib.util
import inspect
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import typer

import bptt
from bptt.cli._console import console, make_progress, write_json
from bptt.verify import Claim, Verdict
from bptt.verify._interface import Question, answer, is_strategy, read_options


def load_claim(place: str, others: list[str]) -> Any:
    """Return the object of that name, or raise a usage error, which lists the others that could have been named.

    Modules are looked for in the working directory, too. Raises whatever importing one raises.
    """
    module_name, _, name = place.rpartition(":")
    if not module_name or not name:
        raise _refuse(f"it must be one of {', '.join(others)}, MODULE:NAME or FILE.py:NAME; got {place!r}")
    module = _import_file(Path(module_name)) if module_name.endswith(".py") else _import_module(module_name)
    if not hasattr(module, name):
        public = [n for n in vars(module) if not n.startswith("_") and not inspect.ismodule(getattr(module, n))]
        raise _refuse(f"{module_name} has no {name!r}; it has {', '.join(public) or 'nothing'}")
    return getattr(module, name)


def judge_claim(place: str, loaded: Any, examples: int, seed: int, json_file: Path | None) -> Verdict:
    """Judge what was loaded, print what was found, at the worst of several points, and return the verdict."""
    try:
        claims = _list_claims(loaded, examples, seed)
        questions = [
            Question(c.f, c.gradient, *read_options(wrt=c.wrt, method=c.method, seed=seed)[:3]) for c in claims
        ]
        with make_progress() as progress:
            task = progress.add_task("judging", total=max(len(claims), examples * is_strategy(claims[0].at)))
            reports: list[Any] = []
            for question, claim in zip(questions, claims, strict=True):
                reports.append(answer(question, claim.at, examples, lambda: progress.advance(task)))
                progress.update(task, completed=len(reports))
    except (TypeError, ValueError) as error:
        raiser = Path(traceback.extract_tb(error.__traceback__)[-1].filename)
        if not raiser.is_relative_to(Path(bptt.__file__).parent):
            raise  # the claim's own code did
        raise _refuse(f"{place}: {error}") from error
    verdicts: list[Verdict] = [report.verdict for report in reports]
    worst = max(verdicts)
    shown = verdicts.index(worst)
    at: Any = claims[shown].at
    if len(reports) > 1:
        counts = [f"{verdicts.count(verdict)} {verdict}" for verdict in sorted(set(verdicts))]
        console.print(f"{place} at {len(reports)} points: {', '.join(counts)}\n")
        console.print(f"point {shown}, drawn from numpy.random.default_rng([{seed}, {shown}]):")
    is_wrong_there = not is_strategy(at) and worst == Verdict.WRONG  # a report over a strategy explains itself
    console.print(questions[shown].explain(reports[shown], at) if is_wrong_there else str(reports[shown]))
    if json_file is not None:
        found = [report.to_dict() for report in reports]
        write_json(json_file, {"claim": place, "seed": seed, "verdict": worst, "reports": found})
    return worst


def _list_claims(loaded: Any, examples: int, seed: int) -> list[Claim]:
    """List the claims to be judged: one, or as many as asked for where it is a function of a random generator."""
    if not callable(loaded) or not inspect.signature(loaded).parameters:
        return [_require_claim(loaded() if callable(loaded) else loaded)]
    claims: list[Claim] = []
    while len(claims) < examples and not (claims and is_strategy(claims[0].at)):  # which draws its own points
        claims.append(_require_claim(loaded(np.random.default_rng([seed, len(claims)]))))
    return claims


def _require_claim(given: Any) -> Claim:
    if isinstance(given, tuple) and 3 <= len(given) <= 5 and callable(given[0]) and callable(given[1]):
        return Claim(*given)
    got = ", ".join(type(part).__name__ for part in given) if isinstance(given, tuple) else type(given).__name__
    raise TypeError(
        "a claim must be a bptt.verify.Claim or a tuple (f, gradient, at), or a function that returns one;"
        f" got {f'a tuple of {got}' if isinstance(given, tuple) else got}"
    )


def _import_module(name: str) -> ModuleType:
    if (here := str(Path.cwd())) not in sys.path:
        sys.path.insert(0, here)
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not (name == error.name or name.startswith(f"{error.name}.")):
            raise  # something that the module itself needs
        raise _refuse(f"there is no module {name!r} here or among the installed ones") from error


def _import_file(file: Path) -> ModuleType:
    if not file.is_file():
        raise _refuse(f"there is no file {file}")
    sys.path.insert(0, str(file.parent.resolve()))  # for what stands beside it
    spec: Any = importlib.util.spec_from_file_location(file.stem, file)
    module = sys.modules[file.stem] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _refuse(why: str) -> typer.BadParameter:
    return typer.BadParameter(why, param_hint="WHAT")
