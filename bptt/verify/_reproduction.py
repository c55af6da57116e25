"""A few lines of Python that bring a failure back when they are pasted into a file."""

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

_MOST_NUMBERS = 200  # beyond which nobody wants them in a file


def snippet(
    assertion: str,
    f: Callable[..., Any],
    gradient: Callable[..., Any],
    arguments: Sequence[Any],
    options: Mapping[str, Any],
) -> list[str]:
    """The call of an assertion of `bptt.verify` and the imports that it needs; empty where the arguments are too many.

    A function that cannot be imported, such as a lambda or one of the file that is run, is called `f` or `gradient`,
    and stands where the snippet goes.
    """
    writer = _Writer({"bptt.verify": {assertion}})
    called = [writer.function(f, "f"), writer.function(gradient, "gradient")]
    written = [writer.value(argument) for argument in arguments]
    if writer.numbers > _MOST_NUMBERS:
        return []
    of_arguments = f"({written[0]},)" if len(written) == 1 else f"({', '.join(written)})"
    named = [f"{name}={_plain(value)!r}" for name, value in options.items() if value is not None]
    modules = [f"import {module}" for module in sorted(writer.modules)]
    imports = [f"from {module} import {', '.join(sorted(names))}" for module, names in sorted(writer.imports.items())]
    call = f"{assertion}({', '.join([*called, of_arguments, *named])})"
    return ["import numpy as np", *modules, *imports, call]


def _plain(option: Any) -> Any:
    """Names in whatever order they came."""
    return option if isinstance(option, str | int | tuple | list) else list(option)


class _Writer:
    """Writes values as code, and remembers what is to be imported."""

    def __init__(self, imports: dict[str, set[str]]) -> None:
        self.imports = imports
        self.modules: set[str] = set()  # of names that another module has, too
        self.numbers = 0

    def function(self, function: Callable[..., Any], otherwise: str) -> str:
        name = getattr(function, "__qualname__", "")
        module = sys.modules.get(getattr(function, "__module__", None) or "")
        if module is None and name.isidentifier():
            return name  # where it was defined, that is its name
        if getattr(module, name, None) is not function:
            return otherwise
        return self._imported(function.__module__, name)

    def value(self, value: Any) -> str:
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            fields = [f"{name}={self.value(x)}" for name, x in zip(value._fields, value, strict=True)]
            return f"{self._imported(type(value).__module__, type(value).__name__)}({', '.join(fields)})"
        if isinstance(value, tuple):
            return f"({', '.join(map(self.value, value))}{',' if len(value) == 1 else ''})"
        if isinstance(value, list):
            return f"[{', '.join(map(self.value, value))}]"
        if isinstance(value, dict):
            return "{" + ", ".join(f"{key!r}: {self.value(x)}" for key, x in value.items()) + "}"
        if hasattr(value, "dtype"):
            return self._array(np.asarray(value))
        self.numbers += 1
        return repr(value)

    def _array(self, array: np.ndarray[Any, Any]) -> str:
        self.numbers += array.size
        usual = array.size and array.dtype in (np.float64, np.int64)
        empty = array.size == 0 and array.shape != (0,)
        text = f"np.zeros({array.shape}" if empty else f"np.array({array.tolist()!r}"
        return f"{text})" if usual else f"{text}, np.{array.dtype.name})"

    def _imported(self, module: str, name: str) -> str:
        if module == "__main__":
            return name
        if any(name in names for other, names in self.imports.items() if other != module):
            self.modules.add(module)
            return f"{module}.{name}"
        self.imports.setdefault(module, set()).add(name)
        return name
