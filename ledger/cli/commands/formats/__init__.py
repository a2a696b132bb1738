"""Files of other people's formats: checked and told of, without a service."""
