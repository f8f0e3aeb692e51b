"""From a user's photographs to a data set."""
