"""How long values of the embedded chain are kept: deflated (RFC 1951), behind a CRC-32 of the deflated bytes.

Call data and the events that repeat it are mostly words of which a few bytes are set. The checksum is for what deflate
itself leaves open: bits behind the end of a stream.
"""

import zlib

PACKED_FROM = 540
"""Bytes from which on a value is packed: a full branch of a trie has 532, sixteen hashes that do not get shorter."""
_MOST = 1 << 23
"""Longer values are not packed, and nothing unpacks to more. A block's gas buys half of it at most."""
_RAW_DEFLATE = -15
_CHECKSUM = 4


def packed(value: bytes) -> bytes | None:
    """The packed form, None for a value that is kept as it is."""
    if not PACKED_FROM <= len(value) <= _MOST:
        return None
    deflate = zlib.compressobj(wbits=_RAW_DEFLATE)
    stream = deflate.compress(value) + deflate.flush()
    if _CHECKSUM + len(stream) >= len(value):
        return None
    return zlib.crc32(stream).to_bytes(_CHECKSUM) + stream


def unpacked(stored: bytes) -> bytes:
    """The value of a packed form; raises `ValueError` for what is none."""
    stream = stored[_CHECKSUM:]
    if zlib.crc32(stream).to_bytes(_CHECKSUM) != stored[:_CHECKSUM]:
        raise ValueError("a packed value does not fit its checksum")
    inflate = zlib.decompressobj(wbits=_RAW_DEFLATE)
    try:
        value = inflate.decompress(stream, _MOST)
    except zlib.error as error:
        raise ValueError(f"not a packed value: {error}") from None
    if not inflate.eof or inflate.unused_data:
        raise ValueError("a packed value is cut, or has something behind it")
    return value
