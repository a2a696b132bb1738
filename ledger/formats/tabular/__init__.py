"""Partners' own files, whatever their columns, as shipments: `plan_of(content, map, now)`.

A map (`mapping`, TOML) says what columns mean; `reading` makes a table of bytes; `judging` settles by the file's own
lines how dates and numbers are written, and asks what it cannot settle; `values` reads single cells; `plan` makes a
shipment of each line. Nothing is guessed: while a question is open, a plan has no entries.

>>> from ledger.formats.tabular.mapping.map_file import parse_map
>>> from ledger.formats.tabular.plan import plan_of
>>> chart = '''
... lading = "import/1"
... [dates]
... zone = "Africa/Nairobi"
... promised = "due"
... delivered = "arrived"
... [line]
... id = "no"
... [parties]
... consignor = { value = "Kea Farms" }
... consignee = "shop"
... liable = "consignor"
... [shipment]
... packages = "boxes"
... currency = { value = "KES" }
... '''
>>> open_file = b"no;shop;boxes;due;arrived\\n1;Duka;12;25/03/2026;26/03/2026\\n2;Duka;3;04/05/2026;\\n"
>>> plan = plan_of(open_file, parse_map(chart.encode()), now=1_800_000_000)
>>> [str(question) for question in plan.questions], plan.told[1]
([], "dates in 'due': day, month, year, as line 2 shows (25/03/2026)")
>>> [(line.id, line.packages, line.delivered_at) for line in plan.lines]
[('1', 12, 1774558799), ('2', 3, None)]
>>> plan = plan_of(open_file.replace(b"25/03", b"05/03"), parse_map(chart.encode()), now=1_800_000_000)
>>> plan.lines, plan.questions[0].key
([], 'dates.promised.order')
"""
