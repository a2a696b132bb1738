"""Access by score: gates, probation, appeal, evidence, league."""
