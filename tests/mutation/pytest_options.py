"""How pytest runs here, for what is recorded and for each mutant alike."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings

# The same examples each time. A failure is enough: nobody reads the smallest one.
settings.register_profile(
    "mutation",
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
OPTIONS = (
    *("-q", "--no-header", "--no-summary", "--tb=no", "-p", "no:cacheprovider", "-p", "no:xdist"),
    *("-p", "tests.mutation.pytest_options", "--hypothesis-profile", "mutation"),
    # The libraries are loaded before pytest is, so their asserts are as they were written.
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),
)
