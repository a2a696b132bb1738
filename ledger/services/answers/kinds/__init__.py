"""How each answer is made from a ledger, by what was asked: the one place, for the API, the command line and whoever
makes it again."""
