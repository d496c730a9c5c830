"""Where the world comes in: translate, call, translate back."""
