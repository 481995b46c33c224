"""Files are replaced at once; links, terminals and pipes stay what they are."""

import os
import threading
from pathlib import Path

import pytest

from workshop.files import write_whole


def test_a_file_is_replaced_at_once_or_not_at_all(tmp_path):
    file = tmp_path / "card.json"
    write_whole(file, b"old")
    with pytest.raises(TypeError):
        write_whole(file, "text is not bytes")
    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_link_stays_one(tmp_path):
    link, target = tmp_path / "latest.json", tmp_path / "card.json"
    link.symlink_to(target)
    write_whole(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


def test_a_pipe_stays_one(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    received = []
    reader = threading.Thread(target=lambda: received.append(pipe.read_bytes()))
    reader.start()
    write_whole(pipe, b"rows")
    reader.join(10)
    assert received == [b"rows"]
    assert pipe.is_fifo()


def test_what_a_shell_has_piped_on_is_written_to_by_its_name():
    receiving, sending = os.pipe()
    try:
        write_whole(Path(f"/dev/fd/{sending}"), b"rows")
        assert os.read(receiving, 100) == b"rows"
    finally:
        os.close(receiving)
        os.close(sending)
