"""How an export chooses the score of the background, and the sheet that shows it."""
