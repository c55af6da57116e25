"""A glossary read from TOML: what it declares, and what it may not say."""

from fractions import Fraction

import pytest

from bptt.proofread._expressions import Constant, Quantity
from bptt.proofread.semantics import GlossaryError, build_vocabulary, read_default_glossary, read_glossary
from bptt.proofread.semantics._symbols import Name
from tests.proofread.semantics.reading import NETWORK, get_properties, make_vocabulary


def test_a_symbol_has_the_axes_and_the_steps_that_its_glossary_says() -> None:
    quantities = make_vocabulary().symbols.quantities
    assert quantities[Name("U", (), ())] == [Quantity("U", (("hidden",), ("input",)), timed=False)]
    assert quantities[Name("h", (), ())] == [Quantity("h", (("hidden",),), timed=True)]


def test_a_symbol_may_be_declared_with_several_orders() -> None:
    glossary = read_glossary("[sizes]\no = 'D'\n[symbols]\nL = ['', 'o']")
    assert [declared.axes for declared in glossary.symbols] == [(), (("o",),)]


def test_an_axis_of_two_ranges_is_their_concatenation() -> None:
    (declared,) = read_glossary("[sizes]\nh = 'n'\nx = 'm'\n[symbols]\nz = 'h+x'").symbols
    assert declared.axes == (("h", "x"),)


def test_the_default_glossary_defines_the_network_of_the_post() -> None:
    definitions = build_vocabulary(read_default_glossary()).definitions
    assert {quantity.name for quantity in definitions.quantities} == {"h", r"\tilde{y}", "L"}
    assert set(definitions.functions) == {r"\sigma", "h"}


@pytest.mark.parametrize(
    ("definitions", "message"),
    [
        ("['q = q + 1']", "q is defined by itself"),
        ("['q = 2 r', 'r = q + 1']", "q is defined by itself"),
        ("['q = 2 r', 'r = s + 1']", "r is not in the glossary"),
        ("['f(z) = f(z) + 1']", "the definition f.*: f is not in the glossary"),
        ("['q = a']", "the left-hand side has order 0, the right-hand side order 1"),
        ("['a_k = U_{kl} b_l']", "the index l runs over input and over hidden"),
        ("['q + 1 = c']", "what is defined must be one symbol or a function"),
        ("['a_1 = c']", "what is defined must be every entry of a quantity"),
    ],
)
def test_a_definition_that_conflicts_with_the_glossary_is_refused(definitions: str, message: str) -> None:
    with pytest.raises(GlossaryError, match=message):
        make_vocabulary(f"definitions = {definitions}\n")


def test_definitions_of_a_glossary_may_stand_in_any_order() -> None:
    definitions = make_vocabulary("definitions = ['q = 2 c', 'c = a_k a_k']\n").definitions
    assert {quantity.name for quantity in definitions.quantities} == {"q", "c"}


def test_what_a_glossary_defines_stands_and_its_defaults_do_not() -> None:
    vocabulary = make_vocabulary("definitions = ['q = 2']\ndefaults = ['c = 3']\n")
    assert {key.name for key in vocabulary.given} == {"q"}


@pytest.mark.parametrize(
    ("glossary", "message"),
    [
        ("[sizes]\nn = 'n'\nm = 'n'", "sizes.m has the letter 'n', which sizes.n has, too"),
        ("[sizes]\nn = []", "sizes.n must be the letter of its size, or a list of letters"),
        ("definitions = ['c = 1', 'c = 2']\n[symbols]\nc = ''", "which define the same symbol"),
        ("[symbols]\nh_t = { axes = '', time = true }", "its name must not have the letter of one"),
        ("[symbols]\nc = { axes = '', symmetric = true }", "symbols.c cannot be symmetric: it has the axes ''"),
        (
            "[sizes]\nn = 'n'\nm = 'm'\n[symbols]\nA = { axes = 'n m', orthogonal = true }",
            "symbols.A cannot be orthogonal: it has the axes 'n m'",
        ),
        ("[symbols]\nc = { axes = '', normalised = true }", "symbols.c cannot be normalised"),
        ("[symbols]\nc = { axes = '', odd = true }", "symbols.c has the property 'odd'; expected axes, time, data"),
        ("[symbols]\nc = { axes = '', data = 1 }", "symbols.c.data must be true or false; got 1"),
        ("[notation]\nvectors = 'up'", "notation.vectors must be 'columns' or 'rows'; got 'up'"),
    ],
)
def test_a_glossary_that_says_two_things_is_refused(glossary: str, message: str) -> None:
    with pytest.raises(GlossaryError, match=message):
        build_vocabulary(read_glossary(glossary))


def test_a_definition_and_a_default_of_one_symbol_do_not_conflict() -> None:
    vocabulary = make_vocabulary("definitions = ['c = 2']\ndefaults = ['c = 3']\n")
    ((definition,),) = vocabulary.definitions.quantities.values()
    assert definition.body == Constant(Fraction(2))


def test_the_properties_of_a_symbol_are_those_of_its_glossary() -> None:
    glossary = NETWORK + "A = { axes = 'hidden hidden', symmetric = true, positive = true }\n"
    vocabulary = make_vocabulary(glossary=glossary)
    assert get_properties(vocabulary, "A") == {"symmetric", "positive"}
    assert get_properties(vocabulary, "W") == frozenset()


def test_data_depend_on_nothing() -> None:
    data = make_vocabulary(glossary=NETWORK + "y = { axes = 'hidden', data = true }\n").symbols.data
    assert {quantity.name for quantity in data} == {"y"}


def test_a_glossary_of_too_many_symbols_names_the_limit() -> None:
    symbols = "\n".join(f"'x_{{{n}}}' = ''" for n in range(1_000))
    with pytest.raises(GlossaryError, match="more than 1,000 symbols"):
        read_glossary(f"{NETWORK}\n{symbols}")
