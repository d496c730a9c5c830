"""What a stack is told: settings, plugins, the contract, and what is refused."""
