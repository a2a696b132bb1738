"""What auditors look into, over the API and on its pages."""
