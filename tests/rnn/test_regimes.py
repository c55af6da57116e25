"""The gradient of every cell with every loss is right in seven regimes, its formula and its floats.

One case each; `python -m tests.benchmarks.cells` judges more, in both float types, at the last and at every step.
"""

from dataclasses import replace
from zlib import crc32

import pytest

from bptt.rnn.losses import LOSSES
from bptt.rnn.registry import CELLS
from tests.benchmarks.cells import judged
from tests.rnn.regimes import REGIMES, case_of


@pytest.mark.parametrize("regime", REGIMES)
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("cell", CELLS)
def test_the_gradient_is_right(cell: str, loss: str, regime: str) -> None:
    drawn_from = replace(REGIMES[regime], T=(50,)) if regime == "long" else REGIMES[regime]
    case = case_of(CELLS[cell], LOSSES[loss], drawn_from, seed=crc32(f"{cell} {loss} {regime}".encode()))
    report = judged(CELLS[cell], case)
    assert (report.formula.verdict, report.arithmetic.verdict) == ("right", "right"), str(report)
