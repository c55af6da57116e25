"""What a wrong gradient is wrong in, and how. Nothing of it bears on the verdict; `_message` makes the text.

_diagnosis      looks at points where it is wrong, for the part that holds the wrong entries and the kind of mistake
_kind           the kinds of mistakes, and all that there is to say, as data
_by_value       what the values are: negated, scaled, transposed, clipped, ... (_values)
_by_path        what is left out of the sum over all paths through f: a step, a way through the code, ...
_graph          those paths, and in it _loops
_group_testing  the wrong entries among very many, where f runs on floats alone (_group_slopes)
"""

from bptt.verify.diagnosis._diagnosis import Point, diagnose
from bptt.verify.diagnosis._group_testing import locate_wrong_entries
from bptt.verify.diagnosis._kind import Diagnosis, Kind, Refutation

__all__ = ["Diagnosis", "Kind", "Point", "Refutation", "diagnose", "locate_wrong_entries"]
