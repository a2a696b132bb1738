"""The delay penalty: who owes what to whom for late goods, from verified records alone."""
