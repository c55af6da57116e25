"""Corrections: what may be meant by an equation that is wrong, by kinds of mistakes. Each is a hypothesis to be tested.

_write       a syntax tree as LaTeX
_rewriting   the parts of a formula, and another in the place of one
_correction  what a correction is
_values      signs, factors, terms, slopes, accents
_places      steps, indices, transposes, orders, sums
_proposals   all of them, the simplest first
_search      which of them holds
"""

from bptt.proofread.corrections._correction import IMMEDIATE, Correction, Kind, Surroundings
from bptt.proofread.corrections._proposals import propose_corrections
from bptt.proofread.corrections._search import Search
from bptt.proofread.corrections._write import write_latex

__all__ = ["IMMEDIATE", "Correction", "Kind", "Search", "Surroundings", "propose_corrections", "write_latex"]
