"""The ports on AWS, over botocore in a bounded pool of threads: a module for each adapter."""
