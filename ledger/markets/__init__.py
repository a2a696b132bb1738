"""Rules by market: what a jurisdiction asks of goods under a regime, in versioned files that the council adopts."""
