"""Partner scores by scorecard: samples, indicators, confidence intervals and flags."""
