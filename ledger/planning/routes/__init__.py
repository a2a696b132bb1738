"""The cheapest way over several legs, at what partners ask and in the time that verified deliveries took.

>>> from ledger.planning.routes.search import Edge, Search
>>> legs = (Edge("CNSHA", "DEHAM", 900, 30), Edge("CNSHA", "KZALA", 500, 8), Edge("KZALA", "DEHAM", 300, 9))
>>> [path.total for path in Search(legs, "CNSHA", "DEHAM").ways(2)]
[800, 900]
"""
