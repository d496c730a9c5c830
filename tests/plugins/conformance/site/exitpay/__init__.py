"""A plugin that ends the process of whatever imports it."""

import sys

sys.exit("no licence")
