"""Who takes part: partners, keys, roles and offices at any moment, by the rules of PartnerRegistry.sol."""
