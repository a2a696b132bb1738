"""The EPCIS interface's flow: events made from records, events captured, queries over both by the reader's rights."""
