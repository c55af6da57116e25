"""A few lines of Python that bring a failure back when they are pasted into a file."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

_MOST_NUMBERS = 200  # beyond which nobody wants them in a file


def write_snippet(check: str, question: Any, at: tuple[Any, ...]) -> list[str]:
    """Write the call of a check of `bptt.verify` at a point, and the imports that it needs; nothing if it is too large.

    A function that cannot be imported, such as a lambda or one of the file that is run, is called `f` or `gradient`,
    and stands where the snippet goes.
    """
    writer = _Writer({"bptt.verify": {check}})
    given = [writer.write_function(question.f, "f"), writer.write_function(question.rule, "gradient")]
    given.append(writer.write_value(tuple(at)))
    if writer.numbers > _MOST_NUMBERS:
        return []
    wrt = question.wrt if question.wrt is None or isinstance(question.wrt, str | tuple) else list(question.wrt)
    options = ("wrt", wrt, None), ("method", question.method, "auto"), ("seed", question.seed, 0)
    given += [f"{name}={value!r}" for name, value, usual in options if value != usual]
    modules = [f"import {module}" for module in ("numpy as np", *sorted(writer.modules))]
    imports = [f"from {module} import {', '.join(sorted(names))}" for module, names in sorted(writer.imports.items())]
    return [*modules, *imports, f"{check}({', '.join(given)})"]


@dataclass
class _Writer:
    """Writes values as code, and remembers what is to be imported."""

    imports: dict[str, set[str]]
    modules: set[str] = field(default_factory=set)  # of names that another module has, too
    numbers: int = 0

    def write_function(self, function: Callable[..., Any], otherwise: str) -> str:
        name = getattr(function, "__qualname__", "")
        module = sys.modules.get(getattr(function, "__module__", None) or "")
        if module is None and name.isidentifier():
            return name  # where it was defined, that is its name
        if getattr(module, name, None) is not function:
            return otherwise
        return self._import(function.__module__, name)

    def write_value(self, value: Any) -> str:
        if isinstance(value, tuple) and hasattr(value, "_asdict"):
            fields = ", ".join(f"{name}={self.write_value(x)}" for name, x in value._asdict().items())
            return f"{self._import(type(value).__module__, type(value).__name__)}({fields})"
        if isinstance(value, tuple):
            return f"({', '.join(map(self.write_value, value))}{',' if len(value) == 1 else ''})"
        if isinstance(value, list):
            return f"[{', '.join(map(self.write_value, value))}]"
        if isinstance(value, dict):
            return "{" + ", ".join(f"{key!r}: {self.write_value(x)}" for key, x in value.items()) + "}"
        if not hasattr(value, "dtype"):
            self.numbers += 1
            return repr(value)
        array = np.asarray(value)
        self.numbers += array.size
        is_usual = array.size and array.dtype in (np.float64, np.int64)
        is_empty = array.size == 0 and array.shape != (0,)
        text = f"np.zeros({array.shape}" if is_empty else f"np.array({array.tolist()!r}"
        return f"{text})" if is_usual else f"{text}, np.{array.dtype.name})"

    def _import(self, module: str, name: str) -> str:
        if module == "__main__":
            return name
        if any(name in names for other, names in self.imports.items() if other != module):
            self.modules.add(module)
            return f"{module}.{name}"
        self.imports.setdefault(module, set()).add(name)
        return name
