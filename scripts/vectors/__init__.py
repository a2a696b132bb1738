"""What the published vectors in `docs/vectors` are made from."""
