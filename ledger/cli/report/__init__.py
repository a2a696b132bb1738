"""The report for supply-chain managers: facts, charts and the page that holds them."""
