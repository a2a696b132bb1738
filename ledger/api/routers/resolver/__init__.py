"""The GS1 resolver: what a Digital Link to this service leads to, and which links there are."""
