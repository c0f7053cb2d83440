"""Where a server answers and with which account: host, port, socket, password."""

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from quanyu.platform import secret_file
from quanyu.platform.postgres import cluster

DATABASE = "quanyu"


@dataclass(frozen=True)
class Address:
    """The superuser's way into a server. The password stays out of `repr`, and so out of logs."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    socket_dir: str = ""

    def url(self, database: str = DATABASE) -> str:
        """A libpq URL over TCP. It holds the password: not for logs."""
        return (
            f"postgresql://{quote(self.user)}:{quote(self.password, safe='')}@{self.host}:{self.port}/{quote(database)}"
        )

    def socket_url(self, database: str = DATABASE) -> str:
        """A libpq URL over the unix socket, for root and the owner of the data folder."""
        credentials = f"{quote(self.user)}:{quote(self.password, safe='')}"
        return f"postgresql://{credentials}@/{quote(database)}?host={quote(self.socket_dir, safe='')}&port={self.port}"


def locate(home: Path) -> Address | None:
    """Where the embedded server of a home answers when it runs, without starting it; None before the first start."""
    data_dir = home / "pg"
    port = cluster.last_port(data_dir)
    password = secret_file.read(home / "secrets.env").get("QUANYU_PG_PASSWORD")
    if port is None or password is None:
        return None
    return Address("127.0.0.1", port, cluster.SUPERUSER, password, str(data_dir))
