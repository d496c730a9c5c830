"""Events as rows in a schema of a PostgreSQL database."""

from penstock.api import Context, Register, Sink, hookimpl
from penstock_postgres.settings import PostgresSettings


def build(context: Context[PostgresSettings]) -> Sink:
    """The sink. Its driver is imported here, so that only a host that uses it pays for that."""
    from penstock_postgres.sink import PostgresSink

    return PostgresSink(context)


@hookimpl
def penstock_register_sinks(register: Register[Sink]) -> None:
    """Offer the sink. It gets every event: a table of events with gaps answers no question."""
    register(name="postgres", settings=PostgresSettings, build=build, secrets=("password",))
