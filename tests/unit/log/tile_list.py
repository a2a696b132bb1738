"""Which tiles a tree has, from C2SP tlog-tiles: what the publisher must have written."""

from collections.abc import Iterator

from ledger.log.tiles import HEIGHT, WIDTH, Tile


def new_tiles(old_size: int, size: int) -> Iterator[Tile]:
    """The tiles of a tree of `size` that a tree of `old_size` did not have, lower levels first."""
    level = 0
    while (count := size >> (HEIGHT * level)) > 0:
        before = old_size >> (HEIGHT * level)
        if count > before:
            for index in range(before // WIDTH, (count - 1) // WIDTH + 1):
                yield Tile(level, index, min(WIDTH, count - index * WIDTH))
        level += 1
