"""Access by score: adopted thresholds, probation, appeal, and what is prepared for the council to sign."""
