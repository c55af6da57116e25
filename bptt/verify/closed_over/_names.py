"""Names by which a user's code finds what something stands in for during a run: in its modules, and where it imports.

A name that Python itself knows, such as `float`, is put into the module, and taken out again. An import inside of a
function asks Python's `__import__`, which nobody else may notice to be another one: it goes by whose code asks.
"""

import builtins
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from bptt.balls import StandIn

StandIns: TypeAlias = Mapping[int, StandIn]
Namespaces: TypeAlias = Iterable[tuple[dict[str, Any], tuple[str, ...]]]


class Names:
    """Those in some modules of the user's, each given with the names that its functions use."""

    def __init__(self, namespaces: Namespaces, stand_ins: StandIns) -> None:
        named = [(namespace, name) for namespace, names in namespaces for name in names]
        self._replaced = [
            (namespace, name, name in namespace, value, stand_ins[id(value)].replacement)
            for namespace, name in named
            if id(value := namespace.get(name, vars(builtins).get(name))) in stand_ins
        ]
        self._importing = {id(namespace) for namespace, _ in named}
        self._stand_ins = stand_ins
        self._import = builtins.__import__
        self._stand_in_import = self._import_stand_in  # one object, to be known again

    def replace(self) -> None:
        """Have each mean what stands for it."""
        for namespace, name, _, _, stand_in in self._replaced:
            namespace[name] = stand_in
        if self._importing:
            builtins.__import__ = self._stand_in_import

    def restore(self) -> None:
        """Put back what was there, but for what was written there meanwhile."""
        if builtins.__import__ is self._stand_in_import:
            builtins.__import__ = self._import
        for namespace, name, was_there, original, stand_in in self._replaced:
            if namespace.get(name) is stand_in:
                if was_there:
                    namespace[name] = original
                else:
                    del namespace[name]

    def _import_stand_in(self, name: str, globals: Any = None, *others: Any, **keywords: Any) -> Any:  # noqa: A002
        module = self._import(name, globals, *others, **keywords)
        stand_in = self._stand_ins.get(id(module)) if id(globals) in self._importing else None
        return module if stand_in is None else stand_in.replacement
