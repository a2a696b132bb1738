"""What is signed: structures, their EIP-712 form, signatures, and how they are verified.

`encode_type` is public: the EIP-712 `encodeType` string of a structure by its name."""

from ledger.records.types import encode_type

__all__ = ["encode_type"]
