"""Documents of partners' systems, format by format."""
