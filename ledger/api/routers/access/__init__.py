"""Access by score, and the league of a lane."""
