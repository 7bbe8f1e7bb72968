"""Run a program that refuses to be root, when we are root.

First choice is a user namespace in which our root is an ordinary user: the program sees an unprivileged id, the files
stay ours. Where the kernel forbids that, the program runs as an unprivileged account that is given its directory.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

_ACCOUNTS: Final = ("postgres", "daemon", "nobody")


class PrivilegeError(RuntimeError):
    """There is no way to give up root here; the message says what was tried and what would help."""


@dataclass(frozen=True, slots=True)
class Way:
    """How to start a program unprivileged: put ``prefix`` before its arguments and ``own`` its directory first."""

    prefix: tuple[str, ...]
    uid: int | None = None
    gid: int | None = None

    def hint(self, program: Path) -> str:
        """What helps where the account cannot read a program that lies in root's own directories."""
        return (
            f"it ran as user id {self.uid}, which must be able to read {program}: set XDG_CACHE_HOME to a directory "
            "that everybody may read, or run the sandbox as an ordinary user"
        )

    def own(self, directory: Path, inside: Path) -> None:
        """Give a directory and all in it to the account the program runs as (nothing to do in a namespace).

        The account may also pass through the directories between ``inside`` and ``directory``, without reading them.
        """
        if self.uid is None or self.gid is None:
            return
        for path in (directory, *directory.rglob("*")):
            os.chown(path, self.uid, self.gid, follow_symlinks=False)
        for parent in (parent for parent in directory.parents if parent.is_relative_to(inside)):
            parent.chmod(parent.stat().st_mode | 0o011)


@cache
def way() -> Way:
    """The way that works on this machine.

    Raises:
        PrivilegeError: we are root and neither a user namespace nor a change of account is possible.
    """
    if os.geteuid() != 0:
        return Way(())
    account = _account()
    unshare, setpriv = shutil.which("unshare"), shutil.which("setpriv")
    if unshare:
        uid, gid = account.pw_uid, account.pw_gid
        prefix = (unshare, "--user", f"--map-user={uid}", f"--map-group={gid}", "--")
        if subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0:
            return Way(prefix)
    if setpriv:
        prefix = (setpriv, f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups", "--")
        if subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0:
            return Way(prefix, account.pw_uid, account.pw_gid)
    raise PrivilegeError(
        "PostgreSQL does not run as root, and neither a user namespace (unshare) nor an unprivileged account (setpriv) "
        "can be had here; run the sandbox as an ordinary user"
    )


def _account() -> pwd.struct_passwd:
    for name in _ACCOUNTS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise PrivilegeError(f"none of the accounts {', '.join(_ACCOUNTS)} exists; run the sandbox as an ordinary user")
