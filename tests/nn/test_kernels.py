"""What is compiled, where, when not, and what it computes."""

import concurrent.futures
import stat

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workshop.nn import kernels

pytestmark = pytest.mark.compiler

COMPILE_CHANGED = """sed "CHANGE" "$7" > "$0.c"; shift 7; cc -O3 -march=native -shared -fPIC -pthread "$0.c" "$@" """


@pytest.fixture
def cache(monkeypatch, tmp_path):
    """An empty folder for what is compiled."""
    monkeypatch.setattr(kernels, "CACHE", tmp_path / "cache")
    return tmp_path / "cache"


def fresh_library():
    return kernels.library.__wrapped__()


def names(cache):
    return sorted(path.suffix for path in cache.iterdir())


def compiler(monkeypatch, tmp_path, script):
    """Make a shell script the C compiler; it is called like cc."""
    path = tmp_path / "compiler"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("CC", str(path))


def test_it_is_compiled_once(cache, monkeypatch, tmp_path):
    assert fresh_library()
    assert names(cache) == [".so"]
    compiler(monkeypatch, tmp_path, "exit 1")
    assert fresh_library()


def test_many_processes_may_compile_at_once(cache):
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        assert all(pool.map(lambda _: fresh_library(), range(4)))
    assert names(cache) == [".so"]


def test_without_a_compiler_there_is_none_and_nothing_is_left(cache, monkeypatch):
    monkeypatch.setenv("CC", "no-such-compiler")
    assert fresh_library() is None
    assert not cache.exists()


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("echo sorry >&2; exit 3", "sorry"),
        ('for file; do :; done; echo "this is no library" > "$file"', "Error"),
        # One that calculates wrongly, and one whose code ends the process.
        (COMPILE_CHANGED.replace("CHANGE", r"s/value \* line/value + line/"), "Mismatch"),
        (COMPILE_CHANGED.replace("CHANGE", "s/const long block =/__builtin_trap(); &/"), "status -"),
    ],
)
def test_a_broken_compiler_is_asked_once_and_its_words_are_kept(cache, monkeypatch, tmp_path, script, says):
    compiler(monkeypatch, tmp_path, f'echo >> "{tmp_path}/calls"\n{script}')
    assert fresh_library() is None
    assert names(cache) == [".failed"]
    assert says in next(cache.iterdir()).read_text()
    calls = (tmp_path / "calls").read_text()
    assert fresh_library() is None
    assert (tmp_path / "calls").read_text() == calls


def test_where_nothing_can_be_written_there_is_none(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(kernels, "CACHE", tmp_path / "file" / "cache")
    assert fresh_library() is None


@pytest.mark.parametrize("size", [0, 100, 10_000])
def test_a_truncated_library_is_compiled_again(cache, size):
    fresh_library()
    path = next(cache.iterdir())
    whole = path.read_bytes()
    path.unlink()  # it is loaded: its own bytes must stay
    path.write_bytes(whole[:size])
    assert fresh_library()
    assert [path.read_bytes() for path in cache.iterdir()] == [whole]


def test_another_source_or_processor_has_another_name(monkeypatch, tmp_path):
    name = kernels._fingerprint()
    source = tmp_path / "kernels.c"
    source.write_bytes(kernels.SOURCE.read_bytes() + b"\n")
    with monkeypatch.context() as patch:
        patch.setattr(kernels, "SOURCE", source)
        assert kernels._fingerprint() != name
    monkeypatch.setattr(kernels.platform, "machine", lambda: "abacus")
    assert kernels._fingerprint() != name


@settings(deadline=None, max_examples=100)
@given(
    rows=st.integers(0, 60),
    depth=st.integers(0, 300),
    columns=st.integers(1, 9).map(lambda n: 16 * n),
    has_bias=st.booleans(),
    seed=st.integers(0, 2**31),
)
def test_product_gathers_its_rows(rows, depth, columns, has_bias, seed):
    rng = np.random.default_rng(seed)
    x, b = rng.normal(size=1000).astype("f"), rng.normal(size=(depth, columns)).astype("f")
    bias = rng.normal(size=columns).astype("f") if has_bias else None
    x_rows, x_depth = rng.integers(0, 500, rows), rng.integers(0, 500, depth)
    out, order = np.full((rows + 1, columns), np.nan, "f"), rng.permutation(rows)
    kernels.product(x, kernels.Rows(x_rows), kernels.Rows(x_depth), b, bias, out, kernels.Rows(order * columns))
    expected = x[np.add.outer(x_rows, x_depth)].astype("d") @ b + (0 if bias is None else bias)
    np.testing.assert_allclose(out[order], expected.reshape(rows, columns), atol=1e-5 * max(1, depth))
    assert np.isnan(out[rows]).all()


def test_rows_too_far_apart_are_refused():
    with pytest.raises(OverflowError, match="32-bit"):
        kernels.Rows([0, 2**31])


def test_threads_are_those_of_the_blas(monkeypatch):
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    count = kernels._threads.__wrapped__
    assert count() >= 1
    monkeypatch.setenv("OMP_NUM_THREADS", "5")
    assert count() == 5
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "3")
    assert count() == 3
    assert kernels.threads(kernels.WORTH_A_THREAD - 1) == 1
