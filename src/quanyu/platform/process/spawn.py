"""Start a child in a group of its own that the kernel ends when we die, even by kill -9 (Linux)."""

import ctypes
import signal
import subprocess
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import IO

PR_SET_PDEATHSIG = 1


def spawn(
    command: Sequence[str],
    *,
    env: Mapping[str, str],
    output: IO[bytes] | int | None = None,
    at_parent_death: signal.Signals | None = signal.SIGTERM,
    user: int | None = None,
    group: int | None = None,
    cwd: str | None = None,
) -> subprocess.Popen[bytes]:
    """Start the command; its output and errors go to `output` (None: ours).

    Its own process group keeps Ctrl-C in the terminal from reaching it, so that we stop children in order. The
    parent is the THREAD that calls: the signal comes when that thread ends, so call from the main one.
    user, group: the account to lower the child to (root only). Raises OSError.
    """
    lowered = user is not None
    with warnings.catch_warnings():
        # Python 3.12 warns of a fork beside threads; the hook below is one prepared system call.
        warnings.simplefilter("ignore", DeprecationWarning)
        return subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output if output is None else subprocess.STDOUT,
            cwd=cwd,
            env=dict(env),
            process_group=0,
            user=user,
            group=group,
            extra_groups=[] if lowered else None,
            preexec_fn=_death_wish(at_parent_death) if at_parent_death else None,  # noqa: PLW1509 (see above)
        )


def _death_wish(sign: signal.Signals) -> Callable[[], None] | None:
    """For `preexec_fn`: it runs after the change of account, which would clear the wish."""
    if sys.platform != "linux":
        return None
    # Looked up before the fork, because little is safe between fork and exec.
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    number = int(sign)

    def ask() -> None:
        prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)

    return ask
