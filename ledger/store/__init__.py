"""The ledger's database; the only package that knows SQLAlchemy."""
