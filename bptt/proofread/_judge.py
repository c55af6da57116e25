"""A verdict for every equation of a document."""

import re
from collections.abc import Iterator, Mapping, Sequence

from bptt.proofread import _excuses as excuses
from bptt.proofread import semantics
from bptt.proofread._accusations import AccusationJudge
from bptt.proofread._expressions import Property, Quantity
from bptt.proofread._parsed import (
    ASSIGNS,
    EQUALS,
    ParsedEquation,
    get_subject,
    is_update,
    list_candidates,
    normalise_equation,
)
from bptt.proofread._verdict import FINDINGS, Verdict, label_refusal
from bptt.proofread.corrections import Correction, Search
from bptt.proofread.document import Sentence
from bptt.proofread.evaluation import Budget, Counterexample
from bptt.proofread.semantics import (
    LAYOUT,
    Candidate,
    Choice,
    Conditions,
    Equation,
    Statement,
    Vocabulary,
)
from bptt.proofread.syntax.tree import (
    Bracket,
    Derivative,
    Node,
    Product,
    Relation,
    Scripted,
    Symbol,
    Unreadable,
    list_symbols,
    nodes,
)

_RESTRICTS = re.compile(r"\b(?:for|if|when|where|case|suppose|assume|let|with|consider)\b", re.IGNORECASE)
PLEASE_REPORT = "an error of this program, please report it"


class Judge(AccusationJudge):
    """Judges the equations of one document: takes up first what they define, then compares the sides of each."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        equations: Sequence[ParsedEquation],
        sentences: Sequence[Sentence] = (),
        inline: Sequence[Candidate] = (),
    ) -> None:
        super().__init__(vocabulary)
        self.settled_layout: tuple[int, int] | None = None  # the answer, and the line of the equation that gave it
        self.line = 0
        self.search = Search(vocabulary)
        self._keep_bars(equations)
        sides = [side for one in equations for side in (one.left, one.right) if not isinstance(side, Unreadable)]
        self._note_uses(sides)
        vocabulary.symbols.totals |= {name for one in equations if (name := _find_total(vocabulary, one))}
        vocabulary.definitions.properties.update(vocabulary.symbols.properties)
        self._find_subjects(equations, inline)
        semantics.introduce_losses(vocabulary, sides)
        self.equations = [normalise_equation(vocabulary, one) for one in equations]
        self.stated = list(self._list_statements(sentences))
        self.nearby = dict(self._list_nearby(sentences))
        self._take_statements()
        unread = [one for one in self.equations if isinstance(one.right, Unreadable)]
        lost = [(one.left, one.line) for one in unread if not isinstance(one.left, Unreadable)]
        candidates = dict(list_candidates(self.equations))
        known = {get_subject(vocabulary, one.left) for one in candidates.values()}
        extra = [one for one in inline if get_subject(vocabulary, one.left) not in known]
        candidates |= dict(enumerate(extra, start=len(self.equations) + 1))
        self.collected = semantics.collect_definitions(vocabulary, candidates, lost, self._holds)
        semantics.define_losses(vocabulary, sides)
        # g = ∂L/∂y is a definition, too, now that a loss which is defined nowhere is an unknown function.
        waiting = {n: candidates[n] for n in self.collected.unused if n not in self.collected.roles}
        later = semantics.collect_definitions(vocabulary, waiting, [], self._holds)
        roles = {**self.collected.roles, **later.roles}
        unused = {n: why for n, why in {**self.collected.unused, **later.unused}.items() if n not in later.roles}
        self.collected = semantics.Collected(roles, unused)
        self.stated = [one for one in self.stated if one.quantity not in vocabulary.definitions.quantities]

    def _note_uses(self, sides: Sequence[Node]) -> None:
        """Take note of what stands beside each symbol of the document, before any equation is read."""
        vocabulary = self.vocabulary
        arguments: dict[str, set[object]] = {}
        for node in (node for side in sides for node in nodes(side)):
            if isinstance(node, Symbol):
                vocabulary.symbols.note_scripts(node)
                if node.primes:
                    vocabulary.applied.add(vocabulary.symbols.get_base(node))
            elif isinstance(node, Product):
                for one, after, operator in zip(node.factors, node.factors[1:], node.operators, strict=False):
                    bracket = after.base if isinstance(after, Scripted) else after
                    if (
                        isinstance(one, Symbol)
                        and not operator
                        and isinstance(bracket, Bracket)
                        and bracket.kind == "("
                    ):
                        arguments.setdefault(vocabulary.symbols.get_base(one), set()).add(bracket.entries)
        vocabulary.applied |= {name for name, found in arguments.items() if len(found) > 1}

    def _keep_bars(self, equations: Sequence[ParsedEquation]) -> None:
        """Keep the accents that make another symbol: h̄ = ∂L/∂h says that h̄ is not h, whatever bars mean elsewhere."""
        notation = self.vocabulary.symbols.notation
        for one in equations:
            if isinstance(one.left, Symbol) and not isinstance(one.right, Unreadable):
                plain = notation.strip_accents(one.left.name)
                by = (
                    symbol
                    for node in nodes(one.right)
                    for symbol in getattr(node, "by", None) or ()
                    if isinstance(node, Derivative)
                )
                if plain != one.left.name and any(isinstance(symbol, Symbol) and symbol.name == plain for symbol in by):
                    notation.kept.add(one.left.name)

    def _find_subjects(self, equations: Sequence[ParsedEquation], inline: Sequence[Candidate]) -> None:
        """Find what the equations are about, before any is read."""
        for left in (*(one.left for one in equations), *(one.left for one in inline)):
            if not isinstance(left, Unreadable):
                name = get_subject(self.vocabulary, left)
                declared = self.vocabulary.symbols.find_name(Symbol(name)) if name else None
                if isinstance(left, Symbol):
                    self.vocabulary.symbols.note_subject(left)
                if name and declared is None and not semantics.is_standard(name):
                    self.vocabulary.subjects.add(name)

    def _list_statements(self, sentences: Sequence[Sentence]) -> Iterator[Statement]:
        """List the properties that the prose and the displays say of symbols that nothing defines."""
        for sentence in sentences:
            for stated in semantics.find_properties(self.vocabulary, sentence.words, sentence.formulas):
                yield stated._replace(line=sentence.line)
            for stated in semantics.find_stated_properties(self.vocabulary, sentence.words, sentence.formulas):
                if stated.quantity in self.vocabulary.symbols.declared:
                    yield stated._replace(line=sentence.line)
        for one in self.equations:
            if one.relation == "=" and not isinstance(one.left, Unreadable) and not isinstance(one.right, Unreadable):
                found = semantics.read_property_statement(self.vocabulary, one.left, one.right)
                name = "" if found is None else found.quantity.name
                if (
                    found is not None
                    and found.quantity in self.vocabulary.symbols.declared
                    and name not in self.vocabulary.subjects
                ):
                    yield found._replace(line=one.line)

    def _list_nearby(self, sentences: Sequence[Sentence]) -> Iterator[tuple[int, tuple[Relation, ...]]]:
        """List what the sentence right before an equation restricts it to, as in "for i ≠ j we have", by its number."""
        before = 0
        for n, one in enumerate(self.equations):
            near = [
                sentence
                for sentence in sentences
                if before < sentence.line <= one.line and one.line - sentence.line <= 4
            ]
            before = one.line if not one.continues else before
            if near and _RESTRICTS.search(near[-1].words):
                try:
                    found = semantics.read_conditions(self.vocabulary, near[-1].formulas)
                except Unreadable:
                    continue
                if found.where:
                    yield n, found.where

    def _take_statements(self) -> None:
        properties = self.vocabulary.definitions.properties
        for stated in self.stated:
            properties[stated.quantity] = _join(properties.get(stated.quantity, frozenset()), stated.property)

    def _holds(self, left: Node, right: Node) -> bool:
        """Whether an equation is right by what is known so far."""
        self.budget = Budget()
        return self._judge_readings(Equation(left, right), {}, None)[0].label == "right"

    def judge(self, n: int, correct: bool = True) -> Verdict:
        """Judge the equation of that number; look for what may have been meant if it is wrong and `correct`."""
        equation = self.equations[n]
        self.line, self.budget = equation.line, Budget()
        if isinstance(equation.left, Unreadable) or isinstance(equation.right, Unreadable):
            unread = (side for side in (equation.left, equation.right) if isinstance(side, Unreadable))
            return Verdict("unreadable", next(unread))
        if equation.relation not in EQUALS:
            return Verdict("unreadable", Unreadable(f"{equation.relation} states no equation"))
        if equation.relation in ASSIGNS or is_update(equation.left, equation.right):
            return Verdict("definition", "assigns")
        try:
            verdict = self._judge(n, equation)
            if not correct or verdict.label not in FINDINGS or verdict.other_layout is not None:  # a layout is no slip
                return verdict
            return verdict._replace(correction=self._correct(n))
        except Unreadable as error:
            return Verdict("unreadable", error)
        except RecursionError:
            return Verdict("unreadable", Unreadable("it is nested too deeply"))
        except Exception as error:  # one equation is no reason to lose the others
            return Verdict("unreadable", Unreadable(f"{PLEASE_REPORT}: {type(error).__name__}: {error}"))

    def _correct(self, n: int) -> Correction | None:
        """Find what may have been meant by the equation of that number, which is wrong."""
        left, right = self.equations[n].left, self.equations[n].right
        assert not isinstance(left, Unreadable)
        assert not isinstance(right, Unreadable)
        conditions = semantics.read_conditions(self.vocabulary, self.equations[n].remarks)
        properties = self._get_properties(conditions)
        layout = None if self.settled_layout is None else self.settled_layout[0]

        def is_right(left: Node, right: Node, budget: Budget) -> bool:
            self.budget = budget
            equation = Equation(left, right, conditions.where)
            verdict = self._judge_function(left, right) or self._judge_readings(equation, properties, layout)[0]
            # What else is made of its variable is held fixed where an author says so; a correction must hold without.
            return verdict.label == "right" and all(one.convention != "direct" for one in verdict.choices)

        near = [self.equations[m] for m in (n - 1, n - 2, n + 1) if 0 <= m < len(self.equations)]
        others = [one.right for one in near if not isinstance(one.right, Unreadable)]
        return self.search.find(Equation(left, right, conditions.where), others, properties, layout, is_right)

    def _judge(self, n: int, equation: ParsedEquation) -> Verdict:
        """Judge an equation of which both sides are parsed. Raises `Unreadable` for a condition that is not read."""
        left, right = equation.left, equation.right
        assert not isinstance(left, Unreadable)
        assert not isinstance(right, Unreadable)
        role, reason = self.collected.roles.get(n), self.collected.unused.get(n)
        if role == "taken up" or role == "assumed":
            return Verdict("definition", role)  # compared with itself, it would always be right
        if (
            any(
                one.line == equation.line and one.quantity in self.vocabulary.definitions.properties
                for one in self.stated
            )
            and semantics.read_property_statement(self.vocabulary, left, right) is not None
        ):
            return Verdict("definition", "a property")
        if reason is not None and not isinstance(reason, semantics.NoDefinition):
            refusal = label_refusal(reason)
            if refusal.label == "unreadable":
                return Verdict("definition", reason)
            semantics.read_conditions(self.vocabulary, equation.remarks)  # under one that is not read, none is accused
            return self._excuse(Equation(left, right), refusal, {})
        conditions = semantics.read_conditions(self.vocabulary, equation.remarks)
        target = semantics.find_target(self.vocabulary, left)
        verdict = self._compare_sides(left, right, conditions)
        if verdict.label == "wrong" and n in self.nearby and not conditions.where:
            narrowed = self._compare_sides(left, right, conditions._replace(where=self.nearby[n]))
            if narrowed.label == "right":
                verdict = narrowed._replace(choices=(*narrowed.choices, Choice("as the text says")))
        if self.collected.roles.get(-n) == "taken up" and n and verdict.label == "right":
            return Verdict("definition", "taken up")
        line = None if target is None else semantics.find_line(self.vocabulary, target)
        if (
            role != "repeats the glossary"
            and line == (None,)
            and target is not None
            and (target.key, target.fixed) in self.vocabulary.repeated
        ):
            line = (self.vocabulary.repeated[target.key, target.fixed],)
        if line is None or verdict.label in ("unreadable", "vacuous"):
            return verdict
        if verdict.label != "right":
            counters = isinstance(verdict.because, Counterexample) and self.claim is not None
            if counters and excuses.speaks_of_another(self.vocabulary.definitions, self.claim):  # type: ignore[arg-type]
                where = "the glossary" if line == (None,) else f"line {line[0]}"
                return Verdict("unreadable", Unreadable(f"the symbol is said to be two things, here and by {where}"))
            return verdict._replace(label="contradicts", contradicts=line)
        goes_on = equation.continues and self.collected.roles.get(n - 1) == "repeats the glossary"
        repeats = (line == (None,) or goes_on) and not conditions.where
        return Verdict("definition", "repeats the glossary") if repeats else verdict

    def _compare_sides(self, left: Node, right: Node, conditions: Conditions) -> Verdict:
        of_function = self._judge_function(left, right)
        if of_function is not None:
            return of_function
        properties = self._get_properties(conditions)
        equation = Equation(left, right, conditions.where)
        settled = None if self.settled_layout is None else self.settled_layout[0]
        verdict, interpretation = self._judge_readings(equation, properties, settled)
        if LAYOUT in interpretation.asked and verdict.label == "right":
            answer = interpretation.asked[LAYOUT]
            if self._judge_readings(equation, properties, 1 - answer)[0].label == "wrong":
                self.settled_layout = answer, self.line  # for the whole document, as the equation holds in one alone
        elif self.settled_layout is not None and verdict.label == "wrong":
            taken, line = self.settled_layout
            if self._judge_readings(equation, properties, 1 - taken)[0].label == "right":
                return verdict._replace(other_layout=(1 - taken, line))
        if verdict.label in ("wrong", "orders differ"):
            verdict = self._excuse(equation, verdict, properties)
        if verdict.label == "wrong" and isinstance(verdict.because, Counterexample):
            verdict = verdict._replace(missing=self._find_missing(equation, properties, settled))
            if verdict.missing is not None and verdict.missing.property == "normalised":  # few texts say it of targets
                verdict = verdict._replace(label="unreadable", because="a property that is not stated")
        return verdict._replace(stated=(*conditions.properties, *verdict.stated))

    def _get_properties(self, conditions: Conditions) -> Mapping[Quantity, frozenset[Property]]:
        known = self.vocabulary.definitions.properties
        found: dict[Quantity, frozenset[Property]] = {}
        for one in conditions.properties:
            found[one.quantity] = _join(found.get(one.quantity, known.get(one.quantity, frozenset())), one.property)
        return found


def _find_total(vocabulary: Vocabulary, one: ParsedEquation) -> str:
    """Name what is the sum of its own terms, as L = Σ L_i; "" for any other equation."""
    if not isinstance(one.left, Symbol) or one.left.below or isinstance(one.right, Unreadable):
        return ""
    terms = (node for node in list_symbols(one.right) if node.name == one.left.name and node.below)
    return vocabulary.symbols.get_base(one.left) if any(True for _ in terms) else ""


def _join(properties: frozenset[Property], one: Property) -> frozenset[Property]:
    """Add a property; a one-hot vector is normalised already."""
    if one == "normalised" and "one-hot" in properties:
        return properties
    return properties - {"normalised"} | {one} if one == "one-hot" else properties | {one}
