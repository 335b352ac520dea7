"""The order of the stages: the only modules that know more than one of them."""
