"""Small faults put into contracts/src, to see whether a test notices. See scripts/mutants.py."""
