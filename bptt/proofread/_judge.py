"""A verdict for every equation of a document."""

import re
from collections.abc import Iterator, Sequence
from functools import partial

from bptt.proofread import semantics
from bptt.proofread._accusations import AccusationJudge, speaks_of_another
from bptt.proofread._expressions import Properties, Property, Quantity
from bptt.proofread._parsed import (
    ASSIGNS,
    EQUALS,
    ParsedEquation,
    get_subject,
    is_total,
    is_update,
    normalise_equation,
)
from bptt.proofread._roles import find_roles
from bptt.proofread._traversal import list_quantities
from bptt.proofread._verdict import FINDINGS, PLEASE_REPORT, Verdict, label_refusal, refuse
from bptt.proofread.corrections import Correction, Search
from bptt.proofread.document import Sentence
from bptt.proofread.evaluation import Budget, Difference
from bptt.proofread.semantics import Candidate, Choice, Conditions, Equation, Statement, Vocabulary
from bptt.proofread.syntax import tree
from bptt.proofread.syntax.tree import Node, Relation, Symbol, Unreadable, list_symbols, nodes

_RESTRICTS = re.compile(r"\b(?:for|if|when|where|case|suppose|assume|let|with|consider)\b", re.IGNORECASE)
_HOLDS_FIXED = re.compile(
    r"\b(?:h[eo]ld|keep|kept|with)\w*\b[^.]*\b(?:fixed|constant)\b"
    r"|\bdirect (?:path|dependence|contribution|effect)\b|\b(?:ignor|neglect)(?:e|es|ing)\b",
    re.IGNORECASE,
)
_ONE_STEP = re.compile(
    r"\b(?:single|one|just a) (?:time[- ]?)?step\b(?! at a time| of (?:gradient|newton|sgd|the optimi))"
    r"|\bcontributions? (?:of|from|at) (?:this|one|each|a single)\b",
    re.IGNORECASE,
)
NEARBY = 4  # lines between a sentence and the equation that it introduces, at the most


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
        self.layout: int | None = None  # the answer that an equation has settled
        self.layout_line = 0  # of that equation
        self.line = 0
        parsed = [(one.left, one.right) for one in equations if not isinstance(one.left, Unreadable)]
        sides = [side for one in equations for side in (one.left, one.right) if not isinstance(side, Unreadable)]
        self.search = Search(vocabulary, [*sides, *(side for one in inline for side in (one.left, one.right))])
        for left, right in parsed:
            self._keep_bars(left, right)
        self._note_uses(sides)
        for left, right in (*parsed, *((one.left, one.right) for one in inline)):
            if isinstance(left, Symbol) and not isinstance(right, Unreadable) and is_total(left, right):
                vocabulary.symbols.totals.add(vocabulary.symbols.get_base(left))
        vocabulary.definitions.properties.update(vocabulary.symbols.properties)
        subjects = [*(left for left, _ in parsed), *(one.left for one in inline)]
        for left in subjects:
            self._find_subject(left)
        sides += [one.right for one in inline]
        semantics.introduce_losses(vocabulary, sides, subjects)
        self.equations = [normalise_equation(vocabulary, one) for one in equations]
        self.stated = list(self._list_statements(sentences))
        self.nearby = dict(self._list_nearby(sentences))
        self.held_fixed = {n for n, one in self._list_introductions(sentences) if _HOLDS_FIXED.search(one.words)}
        self.excluded = [one for found in sentences for one in semantics.list_unequal(vocabulary, found.formulas)]
        self.of_one_step = any(_ONE_STEP.search(one.words.replace("*", "")) for one in sentences)
        properties = vocabulary.definitions.properties
        self.local = {
            n: [one._replace(line=sentence.line) for one in self._find_properties(sentence) if one.local]
            for n, sentence in self._list_introductions(sentences)
        }
        for stated in self.stated:
            properties[stated.quantity] = _join(properties.get(stated.quantity, frozenset()), stated.property)
        self.roles, self.unused = find_roles(vocabulary, self.equations, inline, sides, subjects, self._holds)
        self.stated = [one for one in self.stated if one.quantity not in vocabulary.definitions.quantities]
        alike = ((one.left, one.right) for one in inline)
        vanishing = set(semantics.list_vanishing(vocabulary, (*alike, *parsed)))
        self.vanishing = vanishing - {one.quantity for one in self.stated if one.property == "hollow"}

    def _note_uses(self, sides: Sequence[Node]) -> None:
        """Take note of what stands beside each symbol of the document, before any equation is read."""
        symbols = self.vocabulary.symbols
        arguments: dict[str, set[object]] = {}
        for node in (node for side in sides for node in nodes(side)):
            if isinstance(node, Symbol):
                symbols.note_scripts(node)
                if node.primes:
                    self.vocabulary.applied.add(symbols.get_base(node))
            elif isinstance(node, tree.Product):
                for one, after, operator in zip(node.factors, node.factors[1:], node.operators, strict=False):
                    match one, operator, after.base if isinstance(after, tree.Scripted) else after:
                        case Symbol(), "", tree.Bracket(kind="(", entries=entries):
                            arguments.setdefault(symbols.get_base(one), set()).add(entries)
        self.vocabulary.applied |= {name for name, found in arguments.items() if len(found) > 1}

    def _keep_bars(self, left: Node, right: Node | Unreadable) -> None:
        """Keep the accents that make another symbol: h̄ = ∂L/∂h says that h̄ is not h, whatever bars mean elsewhere."""
        notation = self.vocabulary.symbols.notation
        if isinstance(left, Symbol) and not isinstance(right, Unreadable):
            plain = notation.strip_accents(left.name)
            by = [one for node in nodes(right) if isinstance(node, tree.Derivative) for one in node.by]
            if plain != left.name and any(isinstance(one, Symbol) and one.name == plain for one in by):
                notation.kept.add(left.name)

    def _find_subject(self, left: Node) -> None:
        """Find what an equation is about, before any is read."""
        symbols = self.vocabulary.symbols
        if isinstance(left, Symbol):
            symbols.note_subject(left)
        name = get_subject(self.vocabulary, left)
        if name and symbols.find_name(Symbol(name)) is None and not semantics.is_standard(name):
            self.vocabulary.subjects.add(name)

    def _list_statements(self, sentences: Sequence[Sentence]) -> Iterator[Statement]:
        """List the properties that the prose and the displays say of symbols that nothing defines."""
        declared = self.vocabulary.symbols.declared
        for sentence in sentences:
            said = (one for one in self._find_properties(sentence) if not one.local)
            shown = semantics.find_stated_properties(self.vocabulary, sentence.words, sentence.formulas)
            for stated in (*said, *(one for one in shown if one.quantity in declared)):
                yield stated._replace(line=sentence.line)
        for one in self.equations:
            if one.relation == "=" and not isinstance(one.left, Unreadable) and not isinstance(one.right, Unreadable):
                found = semantics.read_property_statement(self.vocabulary, one.left, one.right)
                if found and found.quantity in declared and found.quantity.name not in self.vocabulary.subjects:
                    yield found._replace(line=one.line)

    def _find_properties(self, sentence: Sentence) -> Iterator[Statement]:
        return semantics.find_properties(self.vocabulary, sentence.words, sentence.formulas)

    def _list_nearby(self, sentences: Sequence[Sentence]) -> Iterator[tuple[int, tuple[Relation, ...]]]:
        """List what the sentence right before an equation restricts it to, as in "for i ≠ j we have", by its number."""
        for n, sentence in self._list_introductions(sentences):
            if _RESTRICTS.search(sentence.words):
                try:
                    found = semantics.read_conditions(self.vocabulary, sentence.formulas)
                except Unreadable:
                    continue
                if found.where:
                    yield n, found.where

    def _list_introductions(self, sentences: Sequence[Sentence]) -> Iterator[tuple[int, Sentence]]:
        """List the sentence right before each equation, by the number of this."""
        before, near = 0, list[Sentence]()
        for n, one in enumerate(self.equations):
            if not one.continues:
                near = [found for found in sentences if max(before + 1, one.line - NEARBY) <= found.line <= one.line]
                before = one.line
            if near:
                yield n, near[-1]

    def _holds(self, left: Node, right: Node) -> bool:
        """Whether an equation is right by what is known so far."""
        self.budget = Budget()
        return self._is_right(Equation(left, right), {})

    def judge(self, n: int, correct: bool = True) -> Verdict:
        """Judge the equation of that number; look for what may have been meant if it is wrong and `correct`."""
        equation = self.equations[n]
        left, right = equation.left, equation.right
        self.line, self.budget = equation.line, Budget()
        if isinstance(left, Unreadable):
            return Verdict("unreadable", left)
        if isinstance(right, Unreadable):
            return Verdict("unreadable", right)
        if equation.relation not in EQUALS:
            return refuse(f"{equation.relation} states no equation")
        if equation.relation in ASSIGNS or is_update(left, right):
            return Verdict("definition", "assigns")
        try:
            verdict = _take_smallest(self._judge(n, left, right))
            if not correct or verdict.label not in FINDINGS or verdict.other_layout is not None:  # a layout is no slip
                return verdict
            return verdict._replace(correction=self._correct(n, left, right))
        except Unreadable as error:
            return Verdict("unreadable", error)
        except RecursionError:
            return refuse("it is nested too deeply")
        except Exception as error:  # one equation is no reason to lose the others
            return refuse(f"{PLEASE_REPORT}: {type(error).__name__}: {error}")

    def _correct(self, n: int, left: Node, right: Node) -> Correction | None:
        """Find what may have been meant by the equation of that number, which is wrong."""
        conditions = self._read_conditions(n)
        properties = self._get_properties(conditions)

        def is_right(left: Node, right: Node, budget: Budget) -> bool:
            self.budget = budget
            equation = Equation(left, right, conditions.where)
            verdict = self._judge_function(left, right) or self._judge_readings(equation, properties, self.layout)
            # What else is made of its variable is held fixed where an author says so; a correction must hold without.
            return verdict.label == "right" and all(not one.convention.startswith("direct") for one in verdict.choices)

        near = [self.equations[m] for m in (n - 1, n - 2, n + 1) if 0 <= m < len(self.equations)]
        others = [one.right for one in near if not isinstance(one.right, Unreadable)]
        return self.search.find(Equation(left, right, conditions.where), others, properties, self.layout, is_right)

    def _judge(self, n: int, left: Node, right: Node) -> Verdict:
        """Judge an equation of which both sides are parsed. Raises `Unreadable` for a condition that is not read."""
        equation, role, reason = self.equations[n], self.roles.get(n), self.unused.get(n)
        if role == "taken up" or role == "assumed":
            return Verdict("definition", role)  # compared with itself, it would always be right
        if any(one.line == equation.line for one in self.stated) and semantics.read_property_statement(
            self.vocabulary, left, right
        ):
            return Verdict("definition", "a property")
        if tree.lists_entries(left, right):
            return Verdict("definition", "its entries")
        refusal = None if reason is None or isinstance(reason, semantics.NoDefinition) else label_refusal(reason)
        if refusal is not None and refusal.label == "unreadable":
            return refusal._replace(label="definition")
        conditions = self._read_conditions(n)
        if refusal is not None:
            return self._excuse(Equation(left, right), refusal, {})
        target = semantics.find_target(self.vocabulary, left)
        verdict = self._compare_sides(left, right, conditions)
        if verdict.label == "wrong":
            verdict = self._weigh_text(n, Equation(left, right), conditions, verdict)
        if self.roles.get(-n) == "taken up" and n and verdict.label == "right":
            return Verdict("definition", "taken up")
        line = None if target is None else semantics.find_line(self.vocabulary, target)
        if target is not None and line == (None,) and role != "repeats the glossary":
            line = (self.vocabulary.repeated.get((target.key, target.fixed)),)
        if line is None or verdict.label in ("unreadable", "vacuous"):
            return verdict
        if verdict.label == "right":
            goes_on = equation.continues and self.roles.get(n - 1) == "repeats the glossary"
            repeats = (line == (None,) or goes_on) and not conditions.where
            return Verdict("definition", "repeats the glossary") if repeats else verdict
        claim = self.claim if isinstance(verdict.because, Difference) else None
        if claim is not None and speaks_of_another(self.vocabulary.definitions, claim):
            where = "the glossary" if line == (None,) else f"line {line[0]}"
            return refuse(f"the symbol is said to be two things, here and by {where}")
        return verdict._replace(label="contradicts", contradicts=line)

    def _list_excluded(self, left: Node) -> tuple[Relation, ...]:
        """List what the text says, wherever it does, of letters on the left that differ: j ≠ i."""
        letters = {symbol for one in list_symbols(left) for symbol in (*one.below, *one.above)}
        known = [one for one in self.excluded if one.left in letters]
        return tuple(one for one in known if one.right in letters or isinstance(one.right, tree.Number))

    def _has_vanishing(self) -> bool:
        """Whether what was judged last speaks of what the text says to have vanishing entries, as w_{ii} = 0."""
        claim = self.claim
        sides = () if claim is None else (claim.left, claim.right)
        return not self.vanishing.isdisjoint(list_quantities(self.vocabulary.definitions, *sides))

    def _compare_immediate(self, left: Node, right: Node, conditions: Conditions) -> Verdict:
        return self._compare_sides(tree.mark_immediate(left), tree.mark_immediate(right), conditions)

    def _weigh_text(self, n: int, equation: Equation, conditions: Conditions, wrong: Verdict) -> Verdict:
        """Return what an equation is worth by what the text says around it, or elsewhere, where it is wrong without."""
        left, right = equation.left, equation.right
        if n in self.nearby and not conditions.where:
            narrowed = self._compare_sides(left, right, conditions._replace(where=self.nearby[n]))
            if narrowed.label == "right":
                return narrowed._replace(choices=(*narrowed.choices, Choice("as the text says")))
        excluded = () if conditions.where else self._list_excluded(left)
        if excluded and self._compare_sides(left, right, conditions._replace(where=excluded)).label == "right":
            return refuse("it holds where letters differ, as the text says somewhere")
        if self._has_vanishing():
            return refuse("the text says that entries of what stands in it vanish")
        if n in self.held_fixed:
            immediate = self._compare_immediate(left, right, conditions)
            if immediate.label == "right":
                return immediate._replace(choices=(*immediate.choices, Choice("as the text holds")))
        if self.of_one_step:
            one_step = wrong.doubt is not None and wrong.doubt.convention == "every step"
            if one_step or self._compare_immediate(left, right, conditions).label == "right":
                return refuse("the text speaks of one step, and the derivative is by way of all")
        if any(isinstance(one, tree.Nabla) and one.assumed for side in (left, right) for one in nodes(side)):
            return refuse("∇ does not say by what the derivative is")
        if self._may_name_gradients(left, right):
            return refuse("d may name a gradient here, and not a differential")
        return wrong

    def _may_name_gradients(self, left: Node, right: Node) -> bool:
        """Whether dX may be the gradient of a number by X: no other equation holds between differentials."""
        quantities = [one for held in self.vocabulary.symbols.quantities.values() for one in held]
        if all(one.axes for one in quantities):
            return False
        has_differentials = partial(semantics.has_differentials, self.vocabulary)
        if not has_differentials(left, right) or semantics.names_differentials(self.vocabulary, left, right):
            return False
        pairs = [one.sides for one in self.equations if one.sides and one.relation in EQUALS]
        others = [pair for pair in pairs if pair != (left, right) and has_differentials(*pair)]
        return not any(self._is_right(Equation(*pair), {}) for pair in others)

    def _compare_sides(self, left: Node, right: Node, conditions: Conditions) -> Verdict:
        of_function = self._judge_function(left, right)
        if of_function is not None:
            return of_function
        properties = self._get_properties(conditions)
        equation = Equation(left, right, conditions.where)
        settled = self.layout
        verdict = self._judge_readings(equation, properties, settled)
        if verdict.label == "right" and verdict.layout is not None:
            if self._judge_readings(equation, properties, 1 - verdict.layout).label == "wrong":
                # for the whole document, as the equation holds in one alone
                self.layout, self.layout_line = verdict.layout, self.line
        elif settled is not None and verdict.label == "wrong" and self._is_right(equation, properties, 1 - settled):
            return verdict._replace(other_layout=(1 - settled, self.layout_line))
        if verdict.label in ("wrong", "orders differ"):
            verdict = self._excuse(equation, verdict, properties)
        if verdict.label == "wrong" and isinstance(verdict.because, Difference):
            verdict = verdict._replace(missing=self._find_missing(equation, properties, settled))
            if verdict.missing is not None and verdict.missing.property == "normalised":  # few texts say it of targets
                verdict = verdict._replace(label="unreadable", because="a property that is not stated")
        return verdict._replace(stated=(*conditions.properties, *verdict.stated))

    def _read_conditions(self, n: int) -> Conditions:
        """Read what an equation is stated under. Raises `Unreadable` for what is not read: that excuses all."""
        found = semantics.read_conditions(self.vocabulary, self.equations[n].remarks)
        return found._replace(properties=(*found.properties, *self.local.get(n, ())))

    def _get_properties(self, conditions: Conditions) -> Properties:
        known = self.vocabulary.definitions.properties
        found: dict[Quantity, frozenset[Property]] = {}
        for one in conditions.properties:
            found[one.quantity] = _join(found.get(one.quantity, known.get(one.quantity, frozenset())), one.property)
        return found


def _take_smallest(verdict: Verdict) -> Verdict:
    """Put the smallest counterexample in place of a difference: of all that are tried, one is shown."""
    if isinstance(verdict.because, Difference):
        return verdict._replace(because=verdict.because.find_smallest())
    return verdict


def _join(properties: frozenset[Property], one: Property) -> frozenset[Property]:
    """Add a property; a one-hot vector is normalised and binary already, and what is both is one-hot."""
    joined = properties | {one}
    if {"normalised", "binary"} <= joined:
        joined |= {"one-hot"}
    if "one-hot" in joined:
        return joined - {"normalised", "binary"}
    return joined - {"binary"} if "positive" in joined else joined
