"""A bundle held against what a CometBFT network's validators have sealed: events, anchors and state."""
