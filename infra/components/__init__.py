"""The parts the stack is made of, each a component with its own children."""
