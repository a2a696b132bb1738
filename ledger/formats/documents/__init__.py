"""Documents that warehouses, carriers and buyers exchange. In: advices of despatch become drafts of terms and manifest.
Out: what both sides signed becomes an advice of receipt, what happened on the way a status report.

One adapter a format. Nothing here signs, and nothing is filled in that a document or a record does not say.
"""
