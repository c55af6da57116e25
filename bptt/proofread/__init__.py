"""Reads the derivation in a Markdown or LaTeX document, and judges every equation of it.

The rooms, each of which knows nothing of those behind it: the document (from text to the tokens of each equation), the
grammar (to syntax trees), meaning (to index expressions, by a glossary) and evaluation (to balls, and whether two sides
are equal). A new construct of LaTeX touches the grammar alone.
"""

try:
    from bptt.proofread.proofreading import Finding, proofread
    from bptt.proofread.semantics.glossary import Glossary, GlossaryError
    from bptt.proofread.semantics.glossary import read as read_glossary
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        f"bptt.proofread needs {error.name}: pip install 'bptt[verify]', or '.[verify]' in a clone", name=error.name
    ) from error

__all__ = ["Finding", "Glossary", "GlossaryError", "proofread", "read_glossary"]
