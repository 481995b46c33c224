"""An answer's scratch directory where it has none in memory: made, and removed whatever is in it."""

import os
import stat
import tempfile


def make(user=None):
    """The path of a new one, which belongs to `user`, an id, or to whoever asks."""
    path = tempfile.mkdtemp(prefix="workshop-grading-")
    if user is not None:
        os.chown(path, user, user)
    return path


def remove(path):
    """Remove it with all that is in it, following no link out of it.

    However deep a tree is, its directories are emptied into the topmost one, one after the other: that needs neither
    recursion nor a path that is longer than the system takes.
    """
    top = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        moved = 0
        while names := os.listdir(top):
            for name in names:
                if not stat.S_ISDIR(os.lstat(name, dir_fd=top).st_mode):
                    os.unlink(name, dir_fd=top)
                    continue
                os.chmod(name, 0o700, dir_fd=top)  # it may be one that nobody may read, enter or move
                inner = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=top)
                try:
                    for child in os.listdir(inner):
                        if stat.S_ISDIR(os.lstat(child, dir_fd=inner).st_mode):
                            os.chmod(child, 0o700, dir_fd=inner)
                        os.rename(child, f"workshop moved {moved}", src_dir_fd=inner, dst_dir_fd=top)
                        moved += 1
                finally:
                    os.close(inner)
                os.rmdir(name, dir_fd=top)
    finally:
        os.close(top)
    os.rmdir(path)
