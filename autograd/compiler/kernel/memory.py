"""Places in a memory, taken and given back: the smallest ones that fit, so that what is in use stays near."""

from __future__ import annotations

import bisect


class Intervals:
    """The free places below ``top``, as intervals that don't touch.

    >>> free = Intervals()
    >>> free.take(3), free.take(1)
    (0, 3)
    >>> free.give_back(1)
    >>> free.take(2), free.take(1)
    (4, 1)
    """

    def __init__(self) -> None:
        self.top = 0  # how many places have been in use at once
        self._starts: list[int] = []
        self._ends: dict[int, int] = {}  # of a free interval, by its start
        self._start_of: dict[int, int] = {}  # by its end

    def take(self, n: int) -> int:
        """n consecutive places: the first of them."""
        for position, start in enumerate(self._starts):
            end = self._ends[start]
            if end - start >= n:
                del self._starts[position]
                del self._ends[start]
                del self._start_of[end]
                if end - start > n:
                    self._insert(start + n, end)
                return start
        self.top += n
        return self.top - n

    def give_back(self, place: int) -> None:
        """One place is free again."""
        start, end = place, place + 1
        if place in self._start_of:
            start = self._start_of.pop(place)
            del self._ends[start]
            del self._starts[bisect.bisect_left(self._starts, start)]
        if end in self._ends:
            after = self._ends.pop(end)
            del self._starts[bisect.bisect_left(self._starts, end)]
            del self._start_of[after]
            end = after
        self._insert(start, end)

    def _insert(self, start: int, end: int) -> None:
        bisect.insort(self._starts, start)
        self._ends[start] = end
        self._start_of[end] = start
