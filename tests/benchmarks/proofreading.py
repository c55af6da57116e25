r"""Whether `proofread` stands whatever comes in: `python -m tests.benchmarks.proofreading [--inputs N] [--seed S]`.

Every input is a document, some with a glossary, from `tests.benchmarks.documents`. Nothing may be raised but what is
promised (`GlossaryError`, and `ValueError` for a document beyond the limits); each display must have a finding, each
finding one of the labels, and each label but right and definition a note; no equation may take more than 8 s of
processor time, and no process more memory than the limit. `--only N` prints one input and what is said of it.
"""

import argparse
import resource
import signal
import sys
import time
import traceback
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple, NoReturn

from rich.console import Console
from rich.progress import track

from bptt.proofread import LABELS, GlossaryError, proofread
from bptt.proofread._verdict import PLEASE_REPORT
from bptt.proofread.document import read_document
from tests.benchmarks.documents import GENERATORS, Document, drawn

MOST_SECONDS = 8.0  # for one equation: its operations are counted, and machines are busy
GIVEN_UP = 30.0  # seconds after which an equation is stopped
MOST_MEMORY = 300 << 20  # bytes of address space of one process, above what it starts with


class Outcome(NamedTuple):
    """What came of an input: how often each label, and the processor time of its slowest equation and of all."""

    n: int
    kind: str
    labels: Counter[str]
    seconds: float
    in_all: float
    peak: int  # bytes, of the process so far
    violation: str


class GivenUp(BaseException):
    """An equation takes too long; no handler of an Exception may keep it."""


def _give_up(*_: object) -> NoReturn:
    raise GivenUp(f"{GIVEN_UP:.0f} s")


class Clock:
    """Processor time from one equation to the next; the first bears the reading of the whole document, too."""

    def __init__(self) -> None:
        signal.signal(signal.SIGPROF, _give_up)
        self.laps: list[float] = []
        self.last = time.process_time()
        signal.setitimer(signal.ITIMER_PROF, GIVEN_UP)

    def lap(self, *_: int) -> None:
        now = time.process_time()
        self.laps.append(now - self.last)
        self.last = now
        signal.setitimer(signal.ITIMER_PROF, GIVEN_UP)

    def stop(self) -> None:
        signal.setitimer(signal.ITIMER_PROF, 0)
        self.laps.append(time.process_time() - self.last)


def judged(seed: int, n: int) -> Outcome:
    kind, document = drawn(seed, n)
    labels: Counter[str] = Counter()
    clock = Clock()
    try:
        violation = _violation(document, clock, labels)
    except (Exception, GivenUp) as error:
        places = [f"{Path(p.filename).name}:{p.lineno} {p.name}" for p in traceback.extract_tb(error.__traceback__)]
        violation = f"{type(error).__name__}: {str(error)[:200]} at {' > '.join(places[-4:])}"
    clock.stop()
    if not violation and max(clock.laps) > MOST_SECONDS:
        violation = f"{max(clock.laps):.1f} s for one equation"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return Outcome(n, kind, labels, max(clock.laps), sum(clock.laps), peak, violation)


def _violation(document: Document, clock: Clock, labels: Counter[str]) -> str:
    """What is wrong with what is said of a document."""
    try:
        found = proofread(document.text, document.glossary, clock.lap)
    except GlossaryError as error:
        labels["(glossary refused)"] += 1
        return "" if str(error) else "a GlossaryError without a message"
    findings = [finding for display in found for finding in display]
    labels.update(finding.label for finding in findings)
    if len(found) != len(read_document(document.text).displays) or not all(found):
        return "a display has no finding"
    for finding in findings:
        if finding.label not in LABELS:
            return f"the label {finding.label!r}"
        if PLEASE_REPORT in finding.note:
            return finding.note
        if finding.label not in ("right", "definition") and not finding.note.strip():
            return f"{finding.label} without a note"
        finding.legible.encode("utf-8", errors="surrogateescape")
    return ""


def _limit_memory() -> None:
    now = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + MOST_MEMORY, now + MOST_MEMORY))


def _shown(seed: int, outcome: Outcome) -> str:
    text = " ".join(drawn(seed, outcome.n)[1].text.replace("$$", " ").split())
    short = text if len(text) < 300 else f"{text[:140]} … {text[-140:]}"
    return ascii(f"{outcome.seconds:6.2f} s  --only {outcome.n} ({outcome.kind}): {short}").replace("\\\\", "\\")


def _print_one(seed: int, n: int) -> None:
    _, document = drawn(seed, n)
    print(document.text, document.glossary or "", "", sep="\n")
    for finding in (finding for display in proofread(*document) for finding in display):
        print(finding.label, finding.latex[:300], finding.note, sep=" | ")
    print(judged(seed, n))


def _print_all(seed: int, outcomes: list[Outcome]) -> None:
    columns = [*LABELS, "(glossary refused)"]
    print(f"{'':<20}" + "".join(f"{name:>15}" for name in ["inputs", "seconds", "slowest", *columns]))
    for kind in [*(generator.__name__ for generator in GENERATORS), ""]:
        those = [one for one in outcomes if kind in ("", one.kind)]
        labels = sum((one.labels for one in those), Counter[str]())
        times = f"{sum(one.in_all for one in those):>15.1f}{max((one.seconds for one in those), default=0):>15.2f}"
        print(f"{kind or 'all':<20}{len(those):>15,}{times}" + "".join(f"{labels[name]:>15,}" for name in columns))
    print(f"\npeak memory of a process {max(one.peak for one in outcomes) / 2**20:.0f} MiB; the slowest equations:")
    for one in sorted(outcomes, key=lambda one: -one.seconds)[:10]:
        print(_shown(seed, one))
    violations = [one for one in outcomes if one.violation]
    print(f"\n{len(violations)} violations")
    for one in violations:
        print(one.violation, _shown(seed, one), sep="\n    ")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--first", type=int, default=0, help="the number of the first input")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--only", type=int, help="print this input, and what is said of it")
    options = parser.parse_args()
    if options.only is not None:
        _print_one(options.seed, options.only)
        return
    numbers = range(options.first, options.first + options.inputs)
    outcomes: list[Outcome] = []
    console = Console(stderr=True)
    with ProcessPoolExecutor(options.processes, get_context("spawn"), _limit_memory) as pool:
        made = pool.map(partial(judged, options.seed), numbers, chunksize=20)
        for outcome in track(made, "proofreading", options.inputs, console=console):
            outcomes.append(outcome)
            if outcome.violation:
                console.print(f"--only {outcome.n}: {outcome.violation}", markup=False, highlight=False)
    print(f"{options.inputs:,} inputs, seed {options.seed}")
    _print_all(options.seed, outcomes)
    sys.exit(1 if any(outcome.violation for outcome in outcomes) else 0)


if __name__ == "__main__":
    main()
