"""The contract as a page for people: an index, commands for curl, and forms to try it."""
