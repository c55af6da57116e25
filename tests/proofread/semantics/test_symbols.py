"""Which quantity a symbol is, and what its scripts say."""

from fractions import Fraction

import pytest

from bptt.proofread._expressions import LAST_STEP, Step
from bptt.proofread.semantics._glossary import read_glossary
from bptt.proofread.semantics._notation import Scripts
from bptt.proofread.semantics._symbols import Symbols
from bptt.proofread.syntax import Symbol, Unreadable
from tests.proofread.semantics.reading import NETWORK, parse_symbol


def read_symbols(more: str = "") -> Symbols:
    return Symbols(read_glossary(NETWORK + more))


def read_scripts(latex: str, symbols: Symbols | None = None) -> Scripts:
    return (symbols or read_symbols()).resolve(parse_symbol(latex)).scripts


@pytest.mark.parametrize(
    ("latex", "scripts"),
    [
        ("h_k^{t-1}", Scripts(Step("t", -1), ("k",), False, None)),
        ("h^T", Scripts(LAST_STEP, (), False, None)),
        ("h^{T-2}_3", Scripts(Step("last", -2), (3,), False, None)),
        ("h^0", Scripts(Step("", 0), (), False, None)),
        ("h^{t\\top}", Scripts(Step("t", 0), (), True, None)),
        ("h^{(t)}", Scripts(Step("t", 0), (), False, None)),
        ("W^T", Scripts(None, (), True, None)),
        ("W_{kl}", Scripts(None, ("k", "l"), False, None)),
        ("c^2", Scripts(None, (), False, Fraction(2))),
        ("c^{-1}", Scripts(None, (), False, Fraction(-1))),
        ("c^{1/2}", Scripts(None, (), False, Fraction(1, 2))),
        (r"\bar{h}_k^t", Scripts(Step("t", 0), ("k",), False, None)),
    ],
)
def test_the_scripts_of_a_symbol_are_a_step_indices_a_transpose_and_a_power(latex: str, scripts: Scripts) -> None:
    assert read_scripts(latex) == scripts


def test_time_stands_below_where_the_glossary_says_so() -> None:
    below = Symbols(read_glossary(NETWORK.replace('"superscript"', '"subscript"')))
    assert read_scripts("h_{t-1,k}", below) == Scripts(Step("t", -1), ("k",), False, None)
    assert read_scripts("h_{1}", below) == Scripts(Step("", 1), (), False, None)
    assert read_scripts("h_t^2", below) == Scripts(Step("t", 0), (), False, Fraction(2))


def test_a_step_beyond_the_limit_is_none() -> None:
    assert read_scripts("h^{12}").step == Step("", 12)
    assert read_scripts("h^{13}") == Scripts(None, (), False, Fraction(13))


def test_the_longest_name_of_the_glossary_is_taken() -> None:
    symbols = read_symbols("'W_{hh}' = \"hidden hidden\"\n'W_h' = \"hidden\"")
    names = [symbols.resolve(parse_symbol(latex)).quantity.name for latex in ("W_{hh}", "W_h", "W_{kl}", "W_{hhkl}")]
    assert names == ["W_{hh}", "W_{h}", "W", "W_{hh}"]


@pytest.mark.parametrize(
    ("latex", "message"),
    [
        ("z_k", "z is not in the glossary"),
        ("W_{klm}", "W has 2 indices, got 3"),
        ("h'", "a prime on h, which is no function"),
        ("h^{t k}", "what stands above h is neither a step nor a power"),
        ("a_{-1}", "what stands below a is no index"),
    ],
)
def test_a_symbol_that_cannot_be_read_says_why_and_where(latex: str, message: str) -> None:
    with pytest.raises(Unreadable, match=f"^{message}$") as refused:
        read_scripts(latex)
    assert refused.value.where == ", line 1, column 1"


def test_a_symbol_that_a_document_brings_in_has_the_words_above_it_in_its_name() -> None:
    name, scripts = read_symbols().introduce(Symbol("z", (Symbol("k"),), (Symbol("out"), Symbol("t"))))
    assert (name.latex, scripts) == ("z^{out}", Scripts(Step("t", 0), ("k",), False, None))


def introduce(latex: str, *seen: str) -> tuple[str, int]:
    """Name a symbol that a document defines, which has others in it; return its name and the number of its indices."""
    symbols = read_symbols()
    for one in seen:
        symbols.note_scripts(parse_symbol(one))
    name, scripts = symbols.introduce(parse_symbol(latex))
    return name.latex, len(scripts.indices)


def test_a_letter_below_a_matrix_numbers_a_vector() -> None:
    reference = read_symbols().resolve(parse_symbol("W_k"))
    assert (reference.quantity.axes, reference.scripts.indices) == ((("hidden",), ("hidden",)), ("k",))


def test_a_number_belongs_to_the_name_unless_letters_stand_in_its_place_elsewhere() -> None:
    assert introduce("z_1") == ("z_{1}", 0)
    assert introduce("z_1", "z_k") == ("z", 1)
    assert introduce("z^{(2)}") == ("z^{(2)}", 0)
    assert introduce("z^{(2)}", "z^t") == ("z", 0)


def test_a_square_is_a_name_where_nothing_is_squared() -> None:
    assert introduce(r"\nu^2") == (r"\nu^{2}", 0)
    symbols = read_symbols()
    name, _ = symbols.introduce(parse_symbol(r"\nu^2"))
    symbols.add(name, (), timed=False)
    assert symbols.resolve(parse_symbol(r"\nu^2")).scripts.power is None
    assert symbols.resolve(parse_symbol("c^2")).scripts.power == 2


def test_a_vector_stands_as_the_glossary_says() -> None:
    stands = []
    for more in ("", '[notation]\nvectors = "rows"\n'):
        symbols = Symbols(read_glossary(more + "[sizes]\nn = 'n'\n[symbols]\na = 'n'"))
        stands.append(symbols.get_stand(symbols.resolve(parse_symbol("a")).quantity))
    assert stands == ["column", "row"]


def test_what_was_added_and_removed_is_not_known() -> None:
    symbols = read_symbols()
    name, _ = symbols.introduce(parse_symbol("z_k"))
    quantity = symbols.add(name, (("hidden",),), timed=False)
    assert symbols.find(parse_symbol("z_k")) is not None
    symbols.remove(quantity)
    assert symbols.find(parse_symbol("z_k")) is None
