"""The configuration of a stack: settings, plugins, the contract, and their refusals."""
