"""Which equations define something, in which order they are taken, and which of them cannot be used."""

import itertools
from collections.abc import Mapping

import pytest

from bptt.proofread._expressions import Definitions, Entry, Function, Quantity
from bptt.proofread._traversal import walk
from bptt.proofread.semantics import collect_definitions, find_line, find_target
from bptt.proofread.semantics._definitions import Circular, define
from bptt.proofread.semantics._dependencies import leads_to
from bptt.proofread.semantics._vocabulary import Key
from bptt.proofread.syntax import Node
from bptt.proofread.syntax.tree import read_call
from tests.proofread.semantics.reading import collect, make_vocabulary, parse


def parse_left(latex: str) -> Node:
    """Parse what stands on the left of an equation: f(z) is a function there."""
    node = parse(latex)
    return read_call(node) or node


def quantities_in(definitions: Definitions, name: str) -> Mapping[str, Quantity]:
    """The quantities that stand in the definition of one."""
    (held,) = (held for quantity, held in definitions.quantities.items() if quantity.name == name)
    entries = [node.quantity for one in held for node in walk(one.body) if isinstance(node, Entry)]
    return {quantity.name: quantity for quantity in entries}


def test_definitions_are_taken_whichever_stands_first() -> None:
    vocabulary = make_vocabulary()
    collected = collect(vocabulary, "u_k = 2 v_k", "v_k = w_k + a_k", "w_k = 3 b_k")
    assert collected.roles == dict.fromkeys(range(3), "taken up")
    assert collected.unused == {}
    assert {quantity.name for quantity in vocabulary.definitions.quantities} == {"u", "v", "w"}


def test_a_quantity_that_is_brought_in_has_the_axes_of_what_equals_it() -> None:
    vocabulary = make_vocabulary()
    collect(vocabulary, "u_m = a_k U_{km}", r"v = a \otimes b", r"z_k^t = W_{kl} z_l^{t-1} + U_{km} x_m^t")
    axes = {quantity.name: (quantity.axes, quantity.timed) for quantity in vocabulary.definitions.quantities}
    hidden = ("hidden",)
    assert axes == {"u": ((("input",),), False), "v": ((hidden, hidden), False), "z": ((hidden,), True)}


def test_the_first_definition_of_a_quantity_is_taken_and_a_later_one_is_a_claim() -> None:
    vocabulary = make_vocabulary()
    assert collect(vocabulary, "q = 2 c", "q = 3 c").roles == {0: "taken up"}
    target = find_target(vocabulary, parse("q"))
    assert target is not None
    assert find_line(vocabulary, target) == (1,)


def test_the_next_definition_is_taken_where_the_first_cannot_be_used() -> None:
    collected = collect(make_vocabulary(), r"q = \nu + 1", "q = 3 c")
    assert collected.roles == {1: "taken up"}
    assert [str(why) for why in collected.unused.values()] == [r"\nu is not in the glossary"]


def test_definitions_that_go_round_are_not_taken() -> None:
    collected = collect(make_vocabulary(), "q = 2 c", "c = q + 1")
    assert collected.roles == {0: "taken up"}
    assert isinstance(collected.unused[1], Circular)


def test_a_recurrence_is_no_circle_and_a_quantity_at_its_own_step_is_one() -> None:
    vocabulary = make_vocabulary()
    define(vocabulary, parse("h_k^t"), parse("W_{kl} h_l^{t-1}"), 1)
    with pytest.raises(Circular, match="h is defined by itself"):
        define(vocabulary, parse("h_k^1"), parse("h_k^T"), 2)
    with pytest.raises(Circular, match="h is defined by itself"):
        define(make_vocabulary(), parse("h_k^t"), parse("W_{kl} h_l^{t}"), 1)


def test_a_function_of_its_argument_alone_is_closed_and_any_other_is_not() -> None:
    vocabulary = make_vocabulary()
    collect(vocabulary, r"f(z) = z \tanh(z)", "g(z) = c z")
    assert (vocabulary.functions["f", 1].closed, vocabulary.functions["g", 1].closed) == (True, False)
    assert set(vocabulary.definitions.functions) == {"f"}


def test_what_a_document_defines_by_what_cannot_be_used_is_unusable_and_its_default_goes() -> None:
    vocabulary = make_vocabulary("defaults = ['q = 2 c', 'f(z) = 2 z']\n")
    unread = [(parse_left("q"), 7), (parse_left("f(z)"), 8)]
    collect_definitions(vocabulary, {}, unread, lambda _left, _right: False)
    assert {quantity.name: line for quantity, line in vocabulary.unusable.items()} == {"q": 7}
    assert vocabulary.functions["f", 1].body is None
    assert vocabulary.definitions.functions == {}


def test_a_quantity_that_is_named_after_its_use_is_put_where_it_stands() -> None:
    vocabulary = make_vocabulary()
    collect(vocabulary, r"h_k^t = \tanh(U_{km} x_m^t + W_{kl} h_l^{t-1})", "z_i^t = W_{ij} h_j^{t-1} + U_{ij} x_j^t")
    assert set(quantities_in(vocabulary.definitions, "h")) == {"z"}
    assert set(quantities_in(vocabulary.definitions, "z")) == {"W", "U", "h", "x"}


def test_a_sum_with_another_sign_is_not_taken_for_the_quantity_that_is_named() -> None:
    vocabulary = make_vocabulary()
    collect(vocabulary, r"h_k^t = \tanh(U_{km} x_m^t + W_{kl} h_l^{t-1})", "z_i^t = W_{ij} h_j^{t-1} - U_{ij} x_j^t")
    assert "z" not in quantities_in(vocabulary.definitions, "h")


def test_a_derivative_by_what_is_beside_the_way_leads_nowhere() -> None:
    vocabulary = make_vocabulary()
    collect(vocabulary, "q = a_k b_k", "u = a_k a_k", "v_k = 2 b_k", "w = v_k v_k")
    known = {quantity.name: quantity for quantity in vocabulary.definitions.quantities}
    ends = {name: Entry(quantity, None, ()) for name, quantity in known.items()}
    assert leads_to(vocabulary.definitions, ends["w"], known["v"])
    assert leads_to(vocabulary.definitions, ends["u"], known["v"])
    assert not leads_to(vocabulary.definitions, ends["q"], known["u"])


@pytest.mark.parametrize(
    ("left", "key"),
    [
        ("q", Key("q", 0)),
        ("z_{kl}", Key("z", 2)),
        ("h_k^t", Key("h", 1, timed=True)),
        ("f(z, y)", Key("f", 2, function=True)),
    ],
)
def test_the_left_hand_side_says_what_an_equation_would_define(left: str, key: Key) -> None:
    vocabulary = make_vocabulary()
    target = find_target(vocabulary, parse_left(left))
    assert target is not None
    assert target.key == key


@pytest.mark.parametrize("left", ["q + c", "a_k^2", "z_{kk}", r"W^\top", r"\tanh(z)", "f(z + 1)", "2"])
def test_what_can_only_be_a_claim_defines_nothing(left: str) -> None:
    assert find_target(make_vocabulary(), parse_left(left)) is None


def test_a_standard_function_that_is_not_defined_stays_what_it_is() -> None:
    vocabulary = make_vocabulary()
    collect(vocabulary, r"q = \tanh(c)")
    (held,) = vocabulary.definitions.quantities.values()
    assert held[0].body == Function("tanh", 0, Entry(Quantity("c", (), False), None, ()))


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_definitions_are_taken_in_the_order_in_which_they_need_one_another(order: tuple[int, ...]) -> None:
    equations = ["u = 2 v", "v = w + z", "w = 3 c", "z = w w"]
    vocabulary = make_vocabulary()
    assert collect(vocabulary, *(equations[n] for n in order)).unused == {}
    assert set(quantities_in(vocabulary.definitions, "v")) == {"w", "z"}


@pytest.mark.parametrize("equation", ["c = 1", "a = 0", "a = b", "a_k = b_k", "W = I", r"c = \frac{1}{n}"])
def test_a_value_of_what_the_glossary_declares_is_an_assumption(equation: str) -> None:
    vocabulary = make_vocabulary()
    assert collect(vocabulary, equation).roles == {0: "assumed"}
    assert vocabulary.definitions.quantities == {}


@pytest.mark.parametrize("equation", ["u = 1", "a = W b", "c = a_k a_k", "q = 2 c"])
def test_what_is_new_or_made_of_others_is_a_definition(equation: str) -> None:
    assert collect(make_vocabulary(), equation).roles == {0: "taken up"}


def test_a_definition_behind_a_claim_on_the_symbol_is_an_assumption() -> None:
    claim, late = r"2 c = \frac{\partial q}{\partial a_k}", "c = b_k b_k"
    assert collect(make_vocabulary(), "q = c", claim, late).roles[2] == "assumed"
    assert collect(make_vocabulary(), "q = c", late, claim).roles[1] == "taken up"


def test_a_late_definition_that_a_derivative_goes_by_is_taken() -> None:
    needed = [r"\frac{\partial q}{\partial b_k} = 2 c b_k", "q = c c", "c = b_k b_k"]
    assert collect(make_vocabulary(), *needed).roles == {1: "taken up", 2: "taken up"}


def test_a_value_behind_a_definition_that_is_not_read_is_no_definition() -> None:
    vocabulary = make_vocabulary()
    assert collect(vocabulary, r"W = \nu", "W = I").roles == {1: "assumed"}
    assert vocabulary.definitions.quantities == {}


def test_what_is_numbered_by_letters_is_one_for_each_of_them() -> None:
    vocabulary = make_vocabulary()
    collect(vocabulary, "J = a_o b_v")
    ((family, letters),) = vocabulary.symbols.families.items()
    assert (family.name, letters) == ("J", ("o", "v"))
    collect(vocabulary, "K = a_o b_o")
    assert len(vocabulary.symbols.families) == 1


def test_a_square_and_its_root_are_defined_together() -> None:
    vocabulary = make_vocabulary()
    collect(vocabulary, "r^2 = a_k a_k")
    assert set(quantities_in(vocabulary.definitions, "r")) == {"r^{2}"}
    assert set(quantities_in(vocabulary.definitions, "r^{2}")) == {"a"}


def test_what_a_symbol_depends_on_is_no_part_of_its_name() -> None:
    vocabulary = make_vocabulary()
    collect(vocabulary, "r(a) = W a", "g(z) = 2 z", "f_1(z) = 3 z")
    assert {quantity.name for quantity in vocabulary.definitions.quantities} == {"r"}
    assert set(vocabulary.functions) == {("g", 1), ("f_{1}", 1)}
