"""The score of random journeys: samples as RECORDS.md counts them, and what the product counts."""
