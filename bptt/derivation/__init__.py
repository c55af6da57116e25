"""Reads the derivation in a Markdown or LaTeX document, and judges every equation of it.

The rooms, each of which knows nothing of those behind it: the document (from text to the tokens of each equation), the
grammar (to syntax trees), meaning (to index expressions, by a glossary) and evaluation (to balls, and whether two sides
are equal). A new construct of LaTeX touches the grammar alone.
"""

try:
    from bptt.derivation.meaning.glossary import Glossary, GlossaryError
    from bptt.derivation.meaning.glossary import read as read_glossary
    from bptt.derivation.proofreading import Finding, proofread
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        f"bptt.derivation needs {error.name}: pip install 'bptt[verify]', or '.[verify]' in a clone", name=error.name
    ) from error

__all__ = ["Finding", "Glossary", "GlossaryError", "proofread", "read_glossary"]
