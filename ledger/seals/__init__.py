"""Proofs down to the seals of a CometBFT network's validators: headers, commits, results, storage. Offline."""
