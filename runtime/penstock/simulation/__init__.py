"""The whole platform on virtual time, with faults on every port, from one seed."""
