"""Who looks in: sessions of readers, and devices that scan codes. Nothing here is evidence."""
