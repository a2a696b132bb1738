"""Ground of all packages: bytes with names, Keccak, canonical JSON, TOML files, periods and spans of time."""
