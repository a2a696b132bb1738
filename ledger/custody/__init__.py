"""Who holds which shipment, and which clearances it has: the rules of CustodyLedger.sol and ClearanceLedger.sol."""
