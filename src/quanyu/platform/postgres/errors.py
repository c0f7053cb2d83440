"""The one error of the supervisor: what is wrong, and what a person can do about it."""


class PostgresError(Exception):
    """PostgreSQL cannot be found, prepared, started or stopped. `remedy` is a sentence for the operator."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.remedy = remedy

    def __str__(self) -> str:
        message = super().__str__()
        return f"{message}\n  -> {self.remedy}" if self.remedy else message
