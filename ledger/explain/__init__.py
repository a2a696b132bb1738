"""Records and figures in sentences for people. Nothing here is signed, hashed, compared or paid."""
