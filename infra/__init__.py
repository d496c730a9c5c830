"""The stack: the only package that knows Pulumi, and the zips it deploys."""
