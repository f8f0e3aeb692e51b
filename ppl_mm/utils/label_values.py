"""What the values of masks and pseudo-labels mean, beside class id + 1."""

#: Of a pixel that counts nowhere: void in a true mask, unsure in a label.
IGNORE = 255
