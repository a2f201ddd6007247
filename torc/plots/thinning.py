"""Fewer points that look the same: of each stretch the lowest and the highest value stay."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def kept(values: Sequence[float], most: int) -> npt.NDArray[np.intp]:
    """Return the places of at most ``most`` values (and a few), in order; peaks are among them."""
    count = len(values)
    if count <= most:
        return np.arange(count)
    edges = np.linspace(0, count, max(2, most // 2) + 1).astype(np.intp)
    array = np.asarray(values, dtype=np.float64)
    places = {0, count - 1}
    for start, end in pairwise(edges):
        part = array[start:end]
        places.update((int(start + part.argmin()), int(start + part.argmax())))
    return np.array(sorted(places), dtype=np.intp)


def columns(
    timestamps: Sequence[float], values: Sequence[float], groups: Sequence[int], most: int
) -> tuple[Floats, Floats]:
    """Return milliseconds and thinned values with a gap (not a number) wherever the group changes."""
    places = kept(values, most)
    times = np.asarray(timestamps, dtype=np.float64)[places] * 1000
    thinned = np.asarray(values, dtype=np.float64)[places]
    if groups:
        of = np.asarray(groups)[places]
        breaks = np.flatnonzero(of[1:] != of[:-1]) + 1
        times = np.insert(times, breaks, times[breaks] if len(breaks) else [])
        thinned = np.insert(thinned, breaks, np.nan)
    return times, thinned
