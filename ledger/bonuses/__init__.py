"""Bonus agreements: rule file, award and amounts."""
