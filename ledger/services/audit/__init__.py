"""`lading audit`: everything that a home keeps, derived anew from what was signed, published and recorded."""
