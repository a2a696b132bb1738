"""Products for consumers and recalls: verdicts, tracing of lots, answers to recalls."""
