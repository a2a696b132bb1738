"""What issuers attest in numbers: indicators, rate cards, rates of exchange."""
