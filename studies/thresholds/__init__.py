"""How well a threshold can be chosen without masks, and with few."""
