"""Access by score and leagues in words."""
