"""Image-level labels of a data set, in the formats that files of them have."""
