"""A map: what its TOML may say, and the frozen value that it is."""
