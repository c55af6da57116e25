"""The glossary: which symbols a document has, what they range over, and what they are taken to mean."""

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any, NamedTuple, get_args

from bptt.proofread._expressions import OF_MATRICES, Property, Range


class GlossaryError(ValueError):
    """A glossary cannot be used. Names the key, what was got and what was expected."""


class Declared(NamedTuple):
    """A symbol of the glossary, one for each number of indices that it takes."""

    latex: str
    axes: tuple[Range, ...]
    timed: bool = False
    properties: frozenset[Property] = frozenset()
    data: bool = False  # given numbers, which depend on nothing


class Glossary(NamedTuple):
    """What the symbols of a document mean. `read_glossary` makes one of a file's text.

    `sizes` maps each range to the letters of its size. `definitions` hold whatever the document says, `defaults` until
    the document defines the same quantity. Both are equations in LaTeX.
    """

    sizes: Mapping[str, tuple[str, ...]]
    symbols: tuple[Declared, ...]
    step_letters: tuple[str, ...] = ("t",)
    last_step: tuple[str, ...] = ("T",)
    time_place: str = "superscript"
    ignored: tuple[str, ...] = ()
    vectors: str = "columns"
    definitions: tuple[str, ...] = ()
    defaults: tuple[str, ...] = ()


# The keys that each table may have; any, where there are none here.
_TABLES = {"sizes": (), "time": ("place", "letters", "last"), "notation": ("ignore", "vectors"), "symbols": ()}
_PROPERTIES: tuple[Property, ...] = get_args(Property)
MOST_SYMBOLS = 1_000  # each of them is a formula to parse, and is compared with every symbol of the page
LONGEST_SHOWN = 80  # characters of a value in an error, about a line


def read_default_glossary() -> Glossary:
    """Read the glossary of the post's notation: time above, indices below, σ the logistic function."""
    return read_glossary(files(__package__).joinpath("post.toml").read_text(encoding="utf-8"))


def read_glossary(text: str) -> Glossary:
    """Read the glossary that a TOML file holds. Raises `GlossaryError`, which names the key."""
    try:
        content = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise GlossaryError(f"the glossary is not TOML: {error}") from error
    _require_known_keys(content)
    sizes = {name: _require_strings(f"sizes.{name}", letters) for name, letters in _get_table(content, "sizes").items()}
    _require_unlike(sizes)
    time, notation = _get_table(content, "time"), _get_table(content, "notation")
    symbols: list[Declared] = []
    for latex, described in _get_table(content, "symbols").items():
        alternatives = described if isinstance(described, list) else [described]
        symbols += [_declare(latex, alternative, sizes) for alternative in alternatives]
    return Glossary(
        sizes,
        tuple(symbols),
        _require_strings("time.letters", time.get("letters", ["t"])),
        _require_strings("time.last", time.get("last", ["T"])),
        _require_one_of("time.place", time.get("place", "superscript"), "superscript", "subscript"),
        _require_strings("notation.ignore", notation.get("ignore", [])),
        _require_one_of("notation.vectors", notation.get("vectors", "columns"), "columns", "rows"),
        _require_strings("definitions", content.get("definitions", [])),
        _require_strings("defaults", content.get("defaults", [])),
    )


def _require_known_keys(content: Mapping[str, Any]) -> None:
    known = (*_TABLES, "definitions", "defaults")
    for key, value in content.items():
        if key not in known:
            raise GlossaryError(f"the glossary has the key {key!r}; expected {', '.join(known)}")
        for inner in value if _TABLES.get(key) else ():
            if inner not in _TABLES[key]:
                raise GlossaryError(f"the table {key} has the key {inner!r}; expected {', '.join(_TABLES[key])}")
    if len(_get_table(content, "symbols")) > MOST_SYMBOLS:
        raise GlossaryError(f"the glossary has more than {MOST_SYMBOLS:,} symbols")


def _get_table(content: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    table = content.get(name, {})
    if not isinstance(table, dict):
        raise GlossaryError(f"{name} must be a table; got {_shorten(table)}")
    return table


def _shorten(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= LONGEST_SHOWN else f"{shown[:LONGEST_SHOWN]}…"


def _require_strings(name: str, value: object) -> tuple[str, ...]:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not all(isinstance(item, str) for item in values):
        raise GlossaryError(f"{name} must be a string or a list of strings; got {_shorten(value)}")
    return tuple(values)


def _require_one_of(name: str, value: object, *expected: str) -> str:
    if not isinstance(value, str) or value not in expected:
        raise GlossaryError(f"{name} must be {' or '.join(map(repr, expected))}; got {_shorten(value)}")
    return value


def _declare(latex: str, described: object, sizes: Mapping[str, Any]) -> Declared:
    name = f"symbols.{latex}"
    table = {"axes": described} if isinstance(described, str) else described
    if not isinstance(table, dict) or not isinstance(table.get("axes"), str):
        raise GlossaryError(
            f'{name} must name its axes, as "hidden input" or {{axes = "hidden"}}; got {_shorten(described)}'
        )
    for key, value in table.items():
        if key not in ("axes", "time", "data", *_PROPERTIES):
            raise GlossaryError(f"{name} has the property {key!r}; expected axes, time, data, {', '.join(_PROPERTIES)}")
        if key != "axes" and not isinstance(value, bool):
            raise GlossaryError(f"{name}.{key} must be true or false; got {_shorten(value)}")
    axes = tuple(tuple(axis.split("+")) for axis in table["axes"].split())
    for part in (part for axis in axes for part in axis):
        if part not in sizes:
            raise GlossaryError(
                f"{name} has the axis {part!r}; the ranges under sizes are {', '.join(sizes) or 'none'}"
            )
    properties = frozenset(one for one in _PROPERTIES if table.get(one, False))
    for one in properties:
        if (one in OF_MATRICES and (len(axes) != 2 or axes[0] != axes[1])) or (one != "positive" and not axes):
            raise GlossaryError(f"{name} cannot be {one}: it has the axes {table['axes']!r}")
    return Declared(latex, axes, table.get("time", False), properties, table.get("data", False))


def _require_unlike(sizes: Mapping[str, tuple[str, ...]]) -> None:
    """Require that each range has a size, and each letter means one of them."""
    owners: dict[str, str] = {}
    for name, letters in sizes.items():
        if not letters:
            raise GlossaryError(f"sizes.{name} must be the letter of its size, or a list of letters; got []")
        for letter in letters:
            if owners.setdefault(letter, name) != name:
                raise GlossaryError(f"sizes.{name} has the letter {letter!r}, which sizes.{owners[letter]} has, too")
