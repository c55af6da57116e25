"""Two numbers beside one another in decimals, as findings show them."""

from flint import arb

_DIGITS_SHOWN = 40  # of a number at most: nobody reads more


def show_both(by_hand: arb, reference: arb) -> tuple[str, str]:
    """Return two numbers to enough digits to tell them apart; the second with its radius."""
    if reference.rel_accuracy_bits() < 4:
        return by_hand.str(6, radius=False), reference.str(6)
    shown = min(max(6, count_common_digits(by_hand, reference) + 3), _DIGITS_SHOWN)
    radius = "" if reference.is_exact() else f" ± {reference.rad().str(1, radius=False)}"
    return by_hand.str(shown, radius=False), reference.mid().str(shown, radius=False) + radius


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
