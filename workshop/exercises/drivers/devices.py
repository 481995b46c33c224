"""A driver for answers that run on NumPy and on CuPy alike."""

from workshop.exercises.drivers.registry import driver


@driver
def call_on_each_device(answer, x):
    """2.10: what comes of a NumPy array, and of a CuPy one where there is a GPU (else None)."""
    from chainer.backends import cuda

    on_gpu = None
    if cuda.available:
        value = answer(cuda.to_gpu(x))
        on_gpu = {"is_on_gpu": isinstance(value, cuda.ndarray), "value": cuda.to_cpu(value)}
    return {"on_cpu": answer(x), "on_gpu": on_gpu}
