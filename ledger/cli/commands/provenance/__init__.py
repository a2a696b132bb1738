"""Where goods came from and what became of them, and where records about them do not add up."""
