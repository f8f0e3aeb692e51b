"""Tables and plots of a study, made from its records alone."""
