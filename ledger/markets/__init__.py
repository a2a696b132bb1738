"""Rules by market: what a jurisdiction asks of goods under a regime, in versioned files that the council adopts.

`market_file` reads a file, `governing` says which of its rules speaks of given goods, `needs` what terms need on their
lane, `taxes` whether assessed taxes agree with the rates, `changes` what a new version alters for whoever ships, and
`adopted_markets` which version is in force.
"""
