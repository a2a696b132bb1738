"""What is counted of a partner in each role."""
