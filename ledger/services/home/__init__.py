"""A home: settings, chain, clock, keystores, what it knows of its consortium, and the scorecards kept in it."""
