"""The logger of the lines that every message causes."""

from __future__ import annotations

import structlog


class Log:
    """
    The logger of what is logged for every message, made once for each configuration.

    structlog's own `get_logger` makes two objects for each line.
    """

    __slots__ = ("_factory", "_logger", "_processors")

    def __init__(self) -> None:
        self._processors: object = None
        self._factory: object = None

    def __call__(self) -> structlog.typing.FilteringBoundLogger:
        """The logger of the configuration in force."""
        # The list stays the same while a test captures lines, and is new where logs are set up.
        config = structlog.get_config()
        processors, factory = config["processors"], config["logger_factory"]
        if processors is not self._processors or factory is not self._factory:
            self._logger: structlog.typing.FilteringBoundLogger = structlog.get_logger().bind()
            self._processors, self._factory = processors, factory
        return self._logger


log = Log()
