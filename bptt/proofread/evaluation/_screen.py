"""Whether claims about the same quantities fail at one small point: quick, as what they share is computed once."""

from collections.abc import Mapping

from bptt.balls import use_precision
from bptt.proofread._expressions import Claim, Definitions, Property, Quantity
from bptt.proofread.evaluation._arrays import broadcast
from bptt.proofread.evaluation._budget import Budget
from bptt.proofread.evaluation._evaluate import Evaluator
from bptt.proofread.evaluation._points import NoSuchStep, SamplePoints
from bptt.proofread.evaluation._setting import Setting

DIGITS = 30  # of the balls: enough to tell numbers apart that are not equal


class Screen:
    """Sorts out claims that fail; one that does not may still fail elsewhere."""

    def __init__(
        self, definitions: Definitions, budget: Budget, properties: Mapping[Quantity, frozenset[Property]] | None = None
    ) -> None:
        self.definitions = definitions
        self.budget = budget
        self.properties = properties
        self._evaluators: dict[object, Evaluator] = {}

    def rejects(self, claim: Claim) -> bool:
        """Whether the sides differ at the first point at which `compare` tries a claim.

        Raises `TooLarge` once the budget is spent, and whatever else the evaluation raises.
        """
        if claim.where:
            return False  # it may be stated of none of the entries there
        point = next(SamplePoints(claim, self.definitions).choose())[0]
        key = tuple(point.sizes.items()), point.steps
        ranges = self.definitions.ranges | dict(claim.ranges)
        if key not in self._evaluators:
            setting = Setting(self.definitions, ranges, (claim.left, claim.right), self.budget, self.properties)
            self._evaluators[key] = Evaluator(setting, point)
        evaluator = self._evaluators[key]
        evaluator.setting.ranges = ranges
        with use_precision(DIGITS):
            return any(self._differ(evaluator, claim, steps) for steps in evaluator.list_steps(claim.steps))

    def _differ(self, evaluator: Evaluator, claim: Claim, steps: Mapping[str, int]) -> bool:
        try:
            arrays = [evaluator.evaluate(side, steps) for side in (claim.left, claim.right)]
        except NoSuchStep:
            return False
        _, (left, right) = broadcast(*arrays)
        return any(not (a - b).contains(0) for a, b in zip(left.flat, right.flat, strict=True))
