"""Who may do what: policies, the permits of each function, the guard of the verified queue."""
