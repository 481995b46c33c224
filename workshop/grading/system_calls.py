"""Which system calls an answer has no business with, and the filter (seccomp) that refuses them.

What Landlock and namespaces leave open: sockets of every kind (a user's own services listen on some, and start programs
for whoever asks), other processes' memory, memory outside of the process's limit, new namespaces, the large and seldom
used parts of the kernel in which its faults are found.
"""

import errno
import os
import struct

# name -> number on (x86_64, aarch64); None where the architecture has no such call
_NEVER = {
    "socket": (41, 198),
    "io_uring_setup": (425, 425),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "pidfd_getfd": (438, 438),
    "kcmp": (312, 272),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "move_mount": (429, 429),
    "open_tree": (428, 428),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "semget": (64, 190),
    "msgget": (68, 186),
    "mq_open": (240, 180),
    "migrate_pages": (256, 238),
    "move_pages": (279, 239),
    "inotify_add_watch": (254, 27),
    "fanotify_init": (300, 262),
}
# These name another process in their first argument. 0 is the caller itself.
_ON_ITSELF = {
    "kill": (62, 129),
    "tgkill": (234, 131),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "prlimit64": (302, 261),
    "sched_setaffinity": (203, 122),
    "sched_setscheduler": (144, 119),
    "sched_setparam": (142, 118),
    "sched_setattr": (314, 274),
}
_ON_OTHERS = {
    "tkill": (200, 130),
    "pidfd_send_signal": (424, 424),
    "setpriority": (141, 140),
    "ioprio_set": (251, 30),
}
# Commands, in the second argument, that make another process the owner of a descriptor: it gets a signal of the caller's
# choice whenever something arrives there. F_SETOWN, F_SETOWN_EX; FIOSETOWN, SIOCSPGRP.
_BY_COMMAND = {"fcntl": ((72, 25), (8, 15)), "ioctl": ((16, 29), (0x8901, 0x8902))}
# To cut a file off is not to write it, says Landlock before Linux 6.2. openat2 keeps its flags where no filter sees them,
# and nobody misses it; the other two take them as the argument of that number.
_OF_LENGTHS = {"truncate": (76, 45), "openat2": (437, 437)}
_OPENING = {"open": ((2, None), 1), "openat": ((257, 56), 2)}
# What Landlock does not know of: it keeps files' contents, and not their modes, owners and times.
_OF_FILES = {
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, None),
    "lchown": (94, None),
    "fchown": (93, 55),
    "fchownat": (260, 54),
    "utime": (132, None),
    "utimes": (235, None),
    "futimesat": (261, None),
    "utimensat": (280, 88),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "setxattrat": (463, 463),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    "removexattrat": (466, 466),
    "file_setattr": (469, 469),
}
_CLONE, _CLONE3 = (56, 220), (435, 435)
_NEW_NAMESPACES = 0x7E020000  # every CLONE_NEW* flag

_ARCHITECTURES = ("x86_64", "aarch64")
_AUDIT = (0xC000003E, 0xC00000B7)
_X32 = 0x40000000  # a second set of numbers for the same calls on x86_64

_LOAD, _AND, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x54, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE = 0, 4
_ARGUMENTS = 16, 24, 32  # the lower half of each
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000, 0x80000000


def is_known_architecture():
    return os.uname().machine in _ARCHITECTURES


def instructions(only_itself, keep_metadata, keep_lengths):
    """The filter for this process, as bytes of struct sock_filter.

    Args:
        only_itself: signals to other processes, and changes of their limits and priority, are refused; for where
            nothing else hides the others. A process that it starts cannot be told from a stranger.
        keep_metadata: modes, owners and times of files stay as they are, and the call seems to succeed, for the sake of
            `shutil.copy`. For where the files of others are not read-only.
        keep_lengths: no file is cut off but by whoever has opened it for writing; for an old Landlock likewise.
    """
    machine = _ARCHITECTURES.index(os.uname().machine)
    program = [
        _instruction(_LOAD, _ARCHITECTURE),
        _instruction(_EQUAL, _AUDIT[machine], 1, 0),
        _instruction(_RETURN, _KILL),
        _instruction(_LOAD, _NUMBER),
    ]
    if machine == 0:
        program += [_instruction(_AT_LEAST, _X32, 0, 1), _instruction(_RETURN, _KILL)]

    def refuse(calls, number):
        for numbers in calls.values():
            if numbers[machine] is not None:
                program.extend((_instruction(_EQUAL, numbers[machine], 0, 1), _instruction(_RETURN, _REFUSE | number)))

    def look_at(number, argument, *steps):
        """Of the call with this number, do the steps with an argument; who gets to their end is let through."""
        program.append(_instruction(_EQUAL, number, 0, len(steps) + 2))
        program.extend((_instruction(_LOAD, _ARGUMENTS[argument]), *steps, _instruction(_RETURN, _ALLOW)))

    refused = _instruction(_RETURN, _REFUSE | errno.EPERM)
    refuse(_NEVER, errno.EACCES)
    # Its flags are out of a filter's sight; the C library falls back to clone.
    refuse({"clone3": _CLONE3}, errno.ENOSYS)
    if keep_metadata:
        refuse(_OF_FILES, 0)
    if keep_lengths:
        refuse(_OF_LENGTHS, errno.EPERM)
        for numbers, argument in _OPENING.values():
            if numbers[machine] is not None:
                look_at(
                    numbers[machine],
                    argument,
                    _instruction(_ANY_BIT, os.O_TRUNC, 0, 4),
                    _instruction(_AND, os.O_ACCMODE),
                    _instruction(_EQUAL, os.O_WRONLY, 2, 0),
                    _instruction(_EQUAL, os.O_RDWR, 1, 0),
                    refused,
                )
    if only_itself:
        refuse(_ON_OTHERS, errno.EPERM)
        for numbers in _ON_ITSELF.values():
            itself = _instruction(_EQUAL, 0, 2, 0), _instruction(_EQUAL, os.getpid(), 1, 0)
            look_at(numbers[machine], 0, *itself, refused)
        for numbers, (one, other) in _BY_COMMAND.values():
            either = _instruction(_EQUAL, one, 1, 0), _instruction(_EQUAL, other, 0, 1)
            look_at(numbers[machine], 1, *either, refused)
    look_at(_CLONE[machine], 0, _instruction(_ANY_BIT, _NEW_NAMESPACES, 0, 1), refused)
    program.append(_instruction(_RETURN, _ALLOW))
    return b"".join(program)


def _instruction(code, value, if_true=0, if_false=0):
    return struct.pack("HBBI", code, if_true, if_false, value)
