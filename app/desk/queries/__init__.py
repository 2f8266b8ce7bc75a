"""Reading for what officers enter by hand: plants to be changed, facts with their versions."""
