"""Answers that name what they rest on, and the same answers made again from a bundle.

An answer tells the log's size it counts, the evidence of times it knew, who asked for it and what was asked. Whoever
has a bundle of the ledger makes a home of it, for a moment and in memory's place, and asks the same services again.
"""
