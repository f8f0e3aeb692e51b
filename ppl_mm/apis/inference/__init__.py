"""What the inferencers share: photos, batches, trained networks, and the folder of predictions."""
