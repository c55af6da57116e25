"""What a function, a class or a module is and whose, asked without running any code of the user's."""

import functools
import os
import sys
import types
from importlib.machinery import EXTENSION_SUFFIXES, BuiltinImporter, FrozenImporter
from pathlib import Path
from typing import Any

_LIBRARIES = tuple(f"{directory}{os.sep}" for directory in (Path(os.__file__).parent, Path(__file__).parents[2]))
_INSTALLED = tuple(f"{os.sep}{name}{os.sep}" for name in ("site-packages", "dist-packages"))
_NAMESPACES = {
    ("types", "SimpleNamespace"),
    ("argparse", "Namespace"),
    ("functools", "cached_property"),
    ("functools", "partialmethod"),
    ("numpy", "vectorize"),
    ("scipy.optimize._optimize", "MemoizeJac"),
}

_NUMERICAL = {"numpy", "scipy", *sys.stdlib_module_names}  # libraries of which none computes with JAX

_MODULE: Any = vars(type)["__module__"]  # read by these, whatever a metaclass makes of the names
_DICT: Any = vars(type)["__dict__"]
_MRO: Any = vars(type)["__mro__"]


def is_own_function(function: Any) -> bool:
    """Whether it is a function written in Python, and in no library."""
    if type(function) is not types.FunctionType:
        return False
    filename = function.__code__.co_filename
    if filename.startswith("<"):  # typed in, or generated: by dataclasses, say
        filename = function.__globals__.get("__file__") or filename
    return not _is_of_library(filename)


def is_own_class(cls: type) -> bool:
    """Whether a class was defined in no library."""
    name = _MODULE.__get__(cls)
    module = sys.modules.get(name) if type(name) is str else None
    return is_own_module(module) if module is not None else True


def is_own_module(module: Any) -> bool:
    """Whether it is a module of no library."""
    if not issubclass(type(module), types.ModuleType):  # what some libraries put in its place
        return False
    namespace = read_namespace(module)
    if type(namespace.get("__file__")) is str:
        return not _is_of_library(namespace["__file__"])
    loader = namespace.get("__loader__")
    return namespace.get("__name__") == "__main__" or not (loader is BuiltinImporter or loader is FrozenImporter)


def is_of_other_library(value: Any) -> bool:
    """Whether it is a module, function, class or object of a library that is not NumPy's, SciPy's or Python's."""
    if issubclass(type(value), types.ModuleType):
        name = read_namespace(value).get("__name__")
    elif type(value) is types.FunctionType:
        name = value.__globals__.get("__name__")
    else:
        name = _MODULE.__get__(value if issubclass(type(value), type) else type(value))
    root = name.partition(".")[0] if type(name) is str else ""
    module = sys.modules.get(root)
    return root not in _NUMERICAL and module is not None and not is_own_module(module)


@functools.cache
def _is_of_library(filename: str) -> bool:
    return (
        filename.startswith((*_LIBRARIES, "<frozen "))
        or filename.endswith(tuple(EXTENSION_SUFFIXES))
        or any(directory in filename for directory in _INSTALLED)
    )


def is_namespace(cls: type) -> bool:
    """Whether it is a class of a library that does nothing but hold a user's objects."""
    return (_MODULE.__get__(cls), cls.__qualname__) in _NAMESPACES


def is_named_tuple(cls: type) -> bool:
    """Whether a class is a NamedTuple, which is made of its items and of nothing else."""
    return issubclass(cls, tuple) and any("_fields" in read_class(base) for base in read_mro(cls))


def read_class(cls: type) -> types.MappingProxyType[str, Any]:
    return _DICT.__get__(cls)


def read_mro(cls: type) -> tuple[type, ...]:
    return _MRO.__get__(cls)


def read_namespace(module: types.ModuleType) -> dict[str, Any]:
    return types.ModuleType.__getattribute__(module, "__dict__")
