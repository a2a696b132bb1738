"""What an SQLite file needs beyond SQL: turns among its writers, and a copy of one moment."""
