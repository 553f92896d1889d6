"""Files that are there whole or not at all."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any


def path_of(path: Any, how: str) -> Path:
    """The path; ``how`` is the call as it should be.

    Raises:
        TypeError: it is none.
    """
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"the file's name is text or a path, not {type(path).__name__}: {path!r:.60}; write {how}")
    return Path(path)


def write_whole(path: str | os.PathLike[str], content: bytes, *, lasting: bool = False) -> Path:
    """Write a file under another name first, then rename it. Links, pipes and devices are written into as they are.

    Args:
        path: the file.
        content: what will be in it.
        lasting: wait until the disk has it, so that it outlives a power cut, too.

    Returns:
        The path.

    Raises:
        OSError: there is no such folder, or it can't be written into.
    """
    path = Path(path)
    if not path.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {path.parent} to write {path.name} into")
    if path.is_symlink() or (path.exists() and not path.is_file()):
        path.write_bytes(content)
        return path
    unfinished = path.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        with open(unfinished, "wb") as file:
            file.write(content)
            if lasting:
                file.flush()
                os.fsync(file.fileno())
        os.replace(unfinished, path)
        if lasting:
            _sync_folder(path.parent)
    finally:
        unfinished.unlink(missing_ok=True)
    return path


def _sync_folder(folder: Path) -> None:
    """Bring the folder's list of names to the disk, where the system can."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:  # Windows opens no folders
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def writable_folder(folder: str | os.PathLike[str]) -> Path:
    """Make the folder if it isn't there, and find out whether it can be written into: before the work, not after it.

    Raises:
        OSError: it can't.
    """
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / f".{secrets.token_hex(8)}.tmp", b"").unlink()
    except OSError as error:
        raise OSError(f"can't write into the folder {str(folder)!r}: {error.strerror}") from None
    return folder
