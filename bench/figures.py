"""Small sums."""

from collections.abc import Sequence


def percentile(ordered: Sequence[float], percent: float) -> float:
    """The smallest value that so many percent of the ordered values do not exceed; NaN of none."""
    if not ordered:
        return float("nan")
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]
