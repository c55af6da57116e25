"""Two numbers beside one another in decimals, as findings show them."""

from flint import arb

_FEWEST_BITS = 4  # of a number that is shown as a decimal
_DIGITS_SHOWN = 40  # of a number at most: nobody reads more


def show_both(by_hand: arb, reference: arb) -> tuple[str, str]:
    """Return two numbers to enough digits to tell them apart; the second with its radius."""
    are_known = all(number.rel_accuracy_bits() >= _FEWEST_BITS for number in (by_hand, reference))
    digits = min(max(6, count_common_digits(by_hand, reference) + 3), _DIGITS_SHOWN) if are_known else 6
    radius = "" if reference.is_exact() or not reference.is_finite() else f" ± {reference.rad().str(1, radius=False)}"
    shown = _show(reference, digits)
    return _show(by_hand, digits), shown if "±" in shown else shown + radius


def _show(number: arb, digits: int) -> str:
    """Return a number that may be known to hardly a digit; what cannot be told from 0 as that."""
    if not number.is_finite():
        return number.str(digits)
    if number.rel_accuracy_bits() < _FEWEST_BITS and number.contains(0) and not number.is_exact():
        return f"0 ± {number.abs_upper().str(1, radius=False)}"
    return number.mid().str(digits, radius=False)


def show_between(low: arb, high: arb) -> str:
    """Say what a subgradient may be."""
    return f"between {low.str(6, radius=False)} and {high.str(6, radius=False)}"


def count_common_digits(by_hand: arb, reference: arb) -> int:
    """Count the leading digits that the two have in common."""
    difference = abs(by_hand - reference.mid()) / abs(reference.mid())
    return int(-float(difference.log() / arb.const_log10())) if 0 < difference < 1 else 0


def note_faint_difference(by_hand: arb, reference: arb) -> str:
    """Say from which digit on two numbers differ, if their decimals do not show it."""
    equal = count_common_digits(by_hand, reference)
    return f", here from digit {equal + 1} on" if equal > _DIGITS_SHOWN else ""
