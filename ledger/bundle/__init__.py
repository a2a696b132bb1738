"""What a stranger needs to verify a shipment, a partner or an award offline, and its verification."""
