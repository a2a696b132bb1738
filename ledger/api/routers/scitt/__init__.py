"""Receipts and proofs as other people's tools read them: COSE receipts, SCITT's reference API, C2SP tlog-proof."""
