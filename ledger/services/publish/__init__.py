"""From leaves to files: tiles, checkpoints, and files that survive a crash."""
