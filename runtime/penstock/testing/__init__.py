"""What a plugin's tests and simulator need; public, and in no deployed bundle."""
