"""Files of partners: `lading import`, and `lading replay`, which is one of its maps."""
