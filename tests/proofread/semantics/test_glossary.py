"""A glossary read from TOML: what it declares, and what it may not say."""

import pytest

from bptt.proofread._expressions import Quantity
from bptt.proofread.semantics import GlossaryError, build_vocabulary, read_default_glossary, read_glossary
from bptt.proofread.semantics._symbols import Name
from tests.proofread.semantics.reading import NETWORK, make_vocabulary


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


def test_a_glossary_of_too_many_symbols_names_the_limit() -> None:
    symbols = "\n".join(f"'x_{{{n}}}' = ''" for n in range(1_000))
    with pytest.raises(GlossaryError, match="more than 1,000 symbols"):
        read_glossary(f"{NETWORK}\n{symbols}")
