"""The pages in five languages: how one is chosen, and how it says messages and values."""
