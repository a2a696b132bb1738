"""Advice from verified records: routes, transfers, coverage, target stock, demand, consolidation."""
