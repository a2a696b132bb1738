"""Pages of access by score, and of the league of a lane."""
