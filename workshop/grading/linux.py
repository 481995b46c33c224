"""The calls to the Linux kernel that confinement needs and Python does not have, through ctypes.

Each raises OSError where the kernel, or whatever guards it, does not grant the call. Nothing here decides anything;
`workshop.grading.confinement` does.
"""

import contextlib
import ctypes
import os
import stat

NEW_NAMES, NEW_IPC, NEW_USER, NEW_PIDS, NEW_NETWORK = 0x20000, 0x8000000, 0x10000000, 0x20000000, 0x40000000
READ_ONLY, NO_SUID, NO_DEVICES, NO_EXECUTION, BIND, RECURSIVE, PRIVATE = 1, 2, 4, 8, 4096, 16384, 1 << 18

_DETACH = 2
_SET_PARENT_DEATH_SIGNAL, _SET_DUMPABLE, _SET_SECCOMP, _DROP_CAPABILITY = 1, 4, 22, 24
_SET_CHILD_SUBREAPER, _SET_NO_NEW_PRIVILEGES = 36, 38
_FILTER = 2
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000
# Calls newer than 2019 have one number on every architecture.
_MOUNT_SETATTR, _LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 442, 444, 445, 446

_libc = ctypes.CDLL(None, use_errno=True)


def _checked(result):
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def _syscall(number, *arguments):
    return _checked(_libc.syscall(ctypes.c_long(number), *arguments))


def unshare(flags):
    """Leave what is shared with others; with NEW_PIDS, the next child is the first process of a new space."""
    _checked(_libc.unshare(flags))


def enter(namespace, flag):
    """Go back into the namespace that a descriptor of /proc/self/ns stands for."""
    _checked(_libc.setns(namespace, flag))


def mount(source, target, kind=None, flags=0, options=None):
    """mount(2); source, target, kind and options are texts or None."""
    texts = [None if text is None else os.fsencode(text) for text in (source, target, kind, options)]
    source, target, kind, options = texts
    _checked(_libc.mount(source, target, kind, ctypes.c_ulong(flags), options))


def unmount(target):
    _checked(_libc.umount2(os.fsencode(target), _DETACH))


def pivot_root(new, old):
    """Make `new` the root directory; the former one appears at `old`, below it. The C library has no such call."""
    _syscall({"x86_64": 155, "aarch64": 41}[os.uname().machine], os.fsencode(new), os.fsencode(old))


class _MountAttributes(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("set", "clear", "propagation", "user_namespace")]


def make_read_only(target, recursive):
    """Everything mounted at `target` becomes read-only, and whatever else forbade it something still does."""
    attributes = _MountAttributes(set=READ_ONLY | NO_SUID)
    flags = _AT_RECURSIVE if recursive else 0
    size = ctypes.c_size_t(ctypes.sizeof(attributes))
    _syscall(_MOUNT_SETATTR, _AT_FDCWD, os.fsencode(target), flags, ctypes.byref(attributes), size)


def _prctl(option, value=0, *rest):
    _checked(_libc.prctl(option, ctypes.c_ulong(value), *(rest or (ctypes.c_ulong(0),) * 3)))


def die_with_parent(signal_number):
    _prctl(_SET_PARENT_DEATH_SIGNAL, signal_number)


def set_dumpable(is_dumpable):
    """Whether processes of the same user may look into this one's memory."""
    _prctl(_SET_DUMPABLE, int(is_dumpable))


def adopt_orphans():
    """Whoever outlives its parent below this process becomes its child, and does not slip away to process 1."""
    _prctl(_SET_CHILD_SUBREAPER, 1)


def give_up_new_privileges():
    """No program started from here on gets more rights than this process has: set-uid means nothing."""
    _prctl(_SET_NO_NEW_PRIVILEGES, 1)


def drop_capabilities():
    """Give up the rights of root, for good, and whatever the user id is."""
    for capability in range(64):
        try:
            _prctl(_DROP_CAPABILITY, capability)
        except OSError:  # the kernel knows no more than these, or there is nothing to give up
            break
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    _checked(_libc.capset(header, (ctypes.c_uint32 * 6)()))


# Landlock -------------------------------------------------------------------------------------------------------------

EXECUTE, WRITE_FILE, READ_FILE, READ_DIRECTORY, TRUNCATE = 1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 14
KNOWS_TRUNCATION = 3  # the version since which it does
_RIGHTS_BY_VERSION = (
    (1, 13),
    (2, 14),
    (KNOWS_TRUNCATION, 15),
    (5, 16),
)  # (since version, how many rights on files it knows)
_OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE
_TCP = 0b11
_ABSTRACT_SOCKETS_AND_SIGNALS = 0b11


class _Ruleset(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("files", "network", "scopes")]


class _PathRule(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32)]


def landlock_version():
    """Of the kernel's interface, an int; raises OSError where there is none."""
    return _syscall(_LANDLOCK_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(1))


def path_rules(readable=(), listed=(), writable=(), devices=()):
    """What `landlock` is to allow, as pairs (descriptor, rights); paths that are not there need no permission.

    Args:
        readable: paths that may be read and executed, with all that is below them.
        listed: paths of directories whose names may be read, and those below them; what is in files may not.
        writable: paths below which everything is allowed.
        devices: paths of files that may be read and written.
    """
    kinds = (
        (readable, EXECUTE | READ_FILE | READ_DIRECTORY),
        (listed, READ_DIRECTORY),
        (writable, ~0),
        (devices, WRITE_FILE | READ_FILE | TRUNCATE),
    )
    rules = []
    for paths, rights in kinds:
        for path in paths:
            with contextlib.suppress(OSError):
                descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
                is_directory = stat.S_ISDIR(os.fstat(descriptor).st_mode)
                rules.append((descriptor, rights if is_directory else rights & _OF_FILES))
    return rules


def landlock(rules):
    """Restrict this process, and all that it starts, to what the rules allow.

    And, as far as the kernel knows how, to no TCP, no abstract sockets but its own, no signals but to its own children.
    """
    version = landlock_version()
    all_rights = (1 << max(count for since, count in _RIGHTS_BY_VERSION if since <= version)) - 1
    handled = _Ruleset(all_rights, _TCP if version >= 4 else 0, _ABSTRACT_SOCKETS_AND_SIGNALS if version >= 6 else 0)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = _syscall(_LANDLOCK_CREATE, ctypes.byref(handled), ctypes.c_size_t(size), ctypes.c_uint32(0))
    try:
        for descriptor, rights in rules:
            rule = ctypes.byref(_PathRule(rights & all_rights, descriptor))
            _syscall(_LANDLOCK_ADD, ruleset, ctypes.c_int(1), rule, ctypes.c_uint32(0))
        _syscall(_LANDLOCK_RESTRICT, ruleset, ctypes.c_uint32(0))
    finally:
        os.close(ruleset)


# Filter of system calls -----------------------------------------------------------------------------------------------


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]


def filter_system_calls(instructions):
    """Install a filter, bytes of struct sock_filter, for this process and all that it starts."""
    program = _Program(len(instructions) // 8, instructions)
    _checked(_libc.prctl(_SET_SECCOMP, ctypes.c_ulong(_FILTER), ctypes.byref(program)))
