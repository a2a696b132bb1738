"""EPCIS 2.0 in XML: documents read and written, as GS1's XSD has them."""
