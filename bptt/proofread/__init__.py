"""Reads the derivation in a Markdown or LaTeX document, and judges every equation of it.

The rooms, each of which knows nothing of those behind it: the document (from text to the tokens of each equation), the
syntax (to syntax trees), the semantics (to index expressions, by a glossary) and the evaluation (to balls, and whether
two sides are equal). A new construct of LaTeX touches the syntax alone.

    _proofread       from a document to its findings, by the glossary that fits
    _course          a finding on each equation by one glossary, and what of a drafted one is doubted
    _parse_document  the equations and the prose as trees
    _inline          what the prose defines, or names as a derivative; _assembled, the matrices that it puts together
    _gradient_names  dX, δx and x̄, which are names of gradients where the text says so
    _parsed          an equation, and a sentence, as trees
    _roles           which of them define something
    _judge           the verdict on an equation; _accusations excuse it, _readings are all ways to read it
    _wording         the note on an equation
    _rendering       a formula as a line of text
    _letters         letters for commands, and commands for the letters that an output lacks
    _expressions     index expressions, which the semantics makes and the evaluation takes
    _traversal       what stands in them
"""

try:
    from bptt.proofread._course import Finding
    from bptt.proofread._proofread import NOTATIONS, draft_glossary, proofread
    from bptt.proofread._verdict import FINDINGS, LABELS
    from bptt.proofread.semantics import Glossary, GlossaryError, read_glossary
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        f"bptt.proofread needs {error.name}: pip install 'bptt[verify]', or '.[verify]' in a clone", name=error.name
    ) from error

__all__ = [
    "FINDINGS", "LABELS", "NOTATIONS", "Finding", "Glossary", "GlossaryError", "draft_glossary", "proofread",
    "read_glossary",
]  # fmt: skip
