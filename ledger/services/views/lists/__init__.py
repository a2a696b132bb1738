"""Lists of shipments: what is asked for, what a row shows, and the list as a file."""
