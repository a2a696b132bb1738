"""Nodes that answer as those of CometBFT do."""
