"""Other people's formats, one adapter a format: bytes or rows to drafts of records, records to bytes.

Pure: no file, network or clock is touched here. Only what people use (`ledger.api`, `ledger.cli`) and the services that
keep what came in import an adapter; no rule of Lading knows of any format.
"""
