"""What is said of products: GS1 identification, brand authority, verdicts on authenticity, tracing of recalls."""
