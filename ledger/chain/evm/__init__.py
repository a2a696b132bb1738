"""The embedded chain's EVM: py-evm with free gas, and an interpreter of the plain instructions."""
