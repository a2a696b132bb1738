"""An independent reading of RECORDS.md: penalty and gate breaches by brute force, random journeys, gaming."""
