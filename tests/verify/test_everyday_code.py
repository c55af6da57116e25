"""What is said of slips in the kind of code that people write: their kind, rightly, or nothing."""

import numpy as np
import pytest

from bptt.verify import judge_gradient
from bptt.verify._problem import Arguments, Problem
from bptt.verify.diagnosis import Diagnosis, Point, diagnose
from tests.corpus.everyday_code import KINDS, NETWORKS, Network, Slip
from tests.corpus.slips import with_a_slip, wrong_leaves

SLIPS = [(network, slip) for network in NETWORKS for slip in network.slips]


def diagnosis(network: Network, slip: Slip) -> Diagnosis:
    arguments = Arguments(network.f, network.point(np.random.default_rng(0)), network.wrt)
    gradient = with_a_slip(network.gradient, slip.line, slip.instead)
    (found,) = diagnose([Point(Problem(network.f, gradient, arguments))], [slip.by])
    return found


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.name)
def test_the_code_without_a_slip_is_right(network: Network) -> None:
    point = network.point(np.random.default_rng(0))
    assert judge_gradient(network.f, network.gradient, point, wrt=network.wrt).verdict == "right"


@pytest.mark.parametrize(
    ("network", "slip"), SLIPS[::2], ids=lambda one: one.name if isinstance(one, Network) else one.mistake
)  # tests.benchmarks.kinds has all of them
def test_a_slip_is_refuted_and_its_kind_named_if_it_has_one(network: Network, slip: Slip) -> None:
    gradient = with_a_slip(network.gradient, slip.line, slip.instead)
    report = judge_gradient(network.f, gradient, network.point(np.random.default_rng(0)), wrt=network.wrt)
    assert slip.by in wrong_leaves(report)
    kind = diagnosis(network, slip).kind
    assert (kind.name if kind else "") == slip.kind


def test_there_are_slips_of_nearly_every_kind_and_some_of_none() -> None:
    tried = [slip.kind for _, slip in SLIPS[::2]]
    assert set(KINDS) - set(tried) <= {"path doubled", "reversed", "summed"}
    assert len(tried) > 60
    assert tried.count("") >= 10
