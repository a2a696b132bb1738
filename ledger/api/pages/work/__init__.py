"""What waits for who has signed in, and the forms in which it is done."""
