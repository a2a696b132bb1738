"""Access by score: thresholds that the council adopts, probation, appeal, and what is prepared for the council to sign."""
