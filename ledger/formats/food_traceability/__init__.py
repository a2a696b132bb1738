"""The sortable spreadsheet of 21 CFR part 1, subpart S (FDA's food traceability rule, FSMA 204): one sheet a critical
tracking event, the key data elements as columns, and behind each row the record that says so with its proof.

Nothing is made up: what the ledger was not told says `NOT_RECORDED`, what this reader may not see says `PRIVATE`.
"""
