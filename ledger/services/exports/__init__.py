"""Files that leave the house: bundles, and drafts of awards."""
