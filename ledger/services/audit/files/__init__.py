"""The files of a home: what was published, what it says of its consortium, its keys, and what was erased."""
