"""Penalties, scores, bonuses and network figures for whoever asks, as far as he may know them."""
