"""The demo consortium: infant formula from a maker to a consumer abroad, played over some weeks that end now."""
