"""A few lines of Python that bring a failure back when they are pasted into a file."""

import re
import sys
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.machinery import PathFinder
from typing import Any

import numpy as np
import optree

_LONGEST_CALL = 1200  # characters, beyond which nobody wants it in a file
_LONGEST_LINE = 290  # of what a longer call is broken into
_PIECE = r"""(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^,'"])+(?:, ?|$)"""  # as far as a comma that is in no string


def write_snippet(check: str, question: Any, at: tuple[Any, ...]) -> list[str]:
    """Write the call of a check of `bptt.verify` at a point, and the imports that it needs.

    A function that cannot be imported, such as a lambda or one of the file that is run, is called `f` or `gradient`,
    and stands where the snippet goes. Nothing is written of a point that is too large, or that cannot be written so
    that it is the same again.
    """
    writer = _Writer({"bptt.verify": {check}})
    functions = [writer.write_function(question.f, "f"), writer.write_function(question.rule, "gradient")]
    point = writer.write_value(tuple(at))
    imports = writer.write_imports()
    if len(point) > _LONGEST_CALL or not _brings_back("\n".join(imports), point, at, writer.local_types):
        return []
    wrt = question.wrt if question.wrt is None or isinstance(question.wrt, str | tuple) else list(question.wrt)
    options = ("wrt", wrt, None), ("method", question.method, "auto"), ("seed", question.seed, 0)
    given = [*functions, point, *(f"{name}={value!r}" for name, value, usual in options if value != usual)]
    call = f"{check}({', '.join(given)})"
    return [*imports, *_break_line(call)]


@dataclass
class _Writer:
    """Writes values as code, and remembers what is to be imported."""

    imports: dict[str, set[str]]
    modules: set[str] = field(default_factory=set)  # of names that another module has, too
    local_types: dict[str, type] = field(default_factory=dict)  # which stand where the snippet goes

    def write_imports(self) -> list[str]:
        modules = [f"import {module}" for module in ("numpy as np", *sorted(self.modules))]
        names = [f"from {module} import {', '.join(sorted(names))}" for module, names in sorted(self.imports.items())]
        return [*modules, *names]

    def write_function(self, function: Callable[..., Any], otherwise: str) -> str:
        name = getattr(function, "__qualname__", "")
        module = getattr(function, "__module__", None) or ""
        if module not in sys.modules and name.isidentifier():
            return name  # where it was defined, that is its name
        if getattr(sys.modules.get(module), name, None) is not function:
            return otherwise
        if module == "__main__":
            return name
        return self._import(module, name) if _is_importable(module) else otherwise

    def write_value(self, value: Any) -> str:
        if isinstance(value, tuple) and hasattr(value, "_asdict"):
            fields = ", ".join(f"{name}={self.write_value(x)}" for name, x in value._asdict().items())
            return f"{self._write_type(type(value))}({fields})"
        if isinstance(value, tuple):
            return f"({', '.join(map(self.write_value, value))}{',' if len(value) == 1 else ''})"
        if isinstance(value, list):
            return f"[{', '.join(map(self.write_value, value))}]"
        if isinstance(value, dict):
            items = "{" + ", ".join(f"{key!r}: {self.write_value(x)}" for key, x in value.items()) + "}"
            return f"{self._write_type(OrderedDict)}({items})" if isinstance(value, OrderedDict) else items
        if not hasattr(value, "dtype"):
            return repr(value)
        array = np.asarray(value)
        numbers = _shorten_numbers(array)
        if isinstance(value, np.generic):
            return f"np.{array.dtype.name}({numbers!r})"
        is_usual = array.size and array.dtype in (np.float64, np.int64)
        is_empty = array.size == 0 and array.shape != (0,)
        text = f"np.zeros({array.shape}" if is_empty else f"np.array({numbers!r}"
        return f"{text})" if is_usual else f"{text}, np.{array.dtype.name})"

    def _write_type(self, of_value: type) -> str:
        name = of_value.__name__
        is_global = getattr(sys.modules.get(of_value.__module__), name, None) is of_value
        if is_global and of_value.__module__ != "__main__" and _is_importable(of_value.__module__):
            return self._import(of_value.__module__, name)
        self.local_types[name] = of_value
        return name

    def _import(self, module: str, name: str) -> str:
        if any(name in names for other, names in self.imports.items() if other != module):
            self.modules.add(module)
            return f"{module}.{name}"
        self.imports.setdefault(module, set()).add(name)
        return name


def _is_importable(module: str) -> bool:
    """Whether another Python would find it, too: one that was loaded from a file by other means, it would not."""
    package = module.partition(".")[0]
    return package in sys.builtin_module_names or PathFinder.find_spec(package) is not None


def _shorten_numbers(array: Any) -> Any:
    """Return the numbers as a list, each float with no more digits than its own type needs: 0.1 of float32 as 0.1."""
    if array.dtype.kind in "iub" or array.dtype == np.float64:
        return array.tolist()
    flat = np.empty(array.size, dtype=object)
    flat[:] = [float(str(x)) for x in array.reshape(-1)]
    return flat.reshape(array.shape).tolist()


def _brings_back(imports: str, written: str, at: tuple[Any, ...], local_types: dict[str, type]) -> bool:
    """Whether what was written is the point: the same structure, types and numbers."""
    namespace: dict[str, Any] = dict(local_types)
    try:
        exec(imports, namespace)
        again = eval(written, namespace)
        given: Any = at
        leaves, structure = optree.tree_flatten(given)
        others, other_structure = optree.tree_flatten(again)
    except Exception:  # of a caller's types and modules, whatever they raise
        return False
    return structure == other_structure and all(map(_is_same, leaves, others))


def _is_same(leaf: Any, other: Any) -> bool:
    x, y = np.asarray(leaf), np.asarray(other)
    return x.dtype == y.dtype and x.shape == y.shape and x.tobytes() == y.tobytes()


def _break_line(call: str) -> Iterator[str]:
    """Yield a call in lines, each but the last ending with a comma."""
    line = ""
    for piece in re.findall(_PIECE, call):
        if line and len(line) + len(piece.rstrip()) > _LONGEST_LINE:
            yield line.rstrip()
            line = ""
        line += piece
    yield line
