"""What Lading keeps in its database: query functions by topic, each taking a connection first.

`database` opens it, `tables` and `projected` say what is kept. Functions give and take frozen dataclasses of the same
names as the tables; bytes are raw, times UTC seconds, amounts integers of any width up to 128 bits.
"""
