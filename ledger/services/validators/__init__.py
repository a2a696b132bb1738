"""The reference network: folders of validators that `network/` builds the program for, and the running of them."""
