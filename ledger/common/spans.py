"""Spans of time as pairs (from, until) in seconds, until excluded: their union, clipped and measured."""

from collections.abc import Iterable

Span = tuple[int, int]


def clip(span: Span, low: int, high: int) -> Span:
    """The part of `span` within [low, high]; empty (from = until) when they do not meet."""
    start = max(span[0], low)
    return start, max(start, min(span[1], high))


def union(spans: Iterable[Span]) -> list[Span]:
    """The same seconds as disjoint spans, ascending; empty ones are dropped."""
    merged: list[Span] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def measure(spans: Iterable[Span], low: int, high: int) -> int:
    """Seconds of [low, high] that lie in at least one span."""
    return sum(end - start for start, end in union(clip(span, low, high) for span in spans))
