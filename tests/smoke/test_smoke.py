"""Does the kit stand on this Python and this NumPy? `make matrix` runs this folder on every combination."""

import subprocess
import sys
import warnings

import chainer
import chainer.functions as F
import chainer.links as L
import gym
import numpy as np
import pytest

F32 = np.float32


@pytest.fixture(autouse=True)
def warnings_are_errors():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.mark.parametrize(
    "code",
    [
        "import workshop",
        "import gym",
        "import workshop, chainer, gym",
        "import gym, chainer",
        "import workshop, chainer.functions, chainer.links, chainer.optimizers, chainer.serializers, chainer.training",
        "from workshop import check, hint, solution, borrow, progress, Transition",
        "import workshop.cli, workshop.envs, workshop.atari",
        "import gym; gym.make('PongNoFrameskip-v4').reset(seed=0)",
    ],
)
def test_imports_are_silent(code):
    done = subprocess.run(
        [sys.executable, "-W", "always", "-c", code], capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


class Network(chainer.Chain):
    """A little of everything that the workshop's networks are made of."""

    def __init__(self):
        super().__init__()
        with self.init_scope():
            self.convolution = L.Convolution2D(2, 4, 3, stride=2)
            self.normalisation = L.BatchNormalization(4)
            self.hidden = L.Linear(None, 8)
            self.memory = L.LSTM(8, 8)
            self.output = L.Linear(8, 3)

    def forward(self, x):
        self.memory.reset_state()
        h = F.relu(self.normalisation(self.convolution(x)))
        return self.output(self.memory(F.tanh(self.hidden(h))))


@pytest.mark.parametrize(
    "optimizer",
    [
        chainer.optimizers.SGD(0.05),
        chainer.optimizers.MomentumSGD(0.02),
        chainer.optimizers.Adam(0.01),
        chainer.optimizers.RMSprop(0.01),
        chainer.optimizers.RMSpropGraves(0.01),
    ],
    ids=lambda optimizer: type(optimizer).__name__,
)
def test_a_network_learns(optimizer):
    rng = np.random.default_rng(0)
    x, target = rng.standard_normal((16, 2, 9, 9), F32), rng.integers(0, 3, 16).astype(np.int32)
    network = Network()
    optimizer.setup(network)
    optimizer.add_hook(chainer.optimizer_hooks.GradientClipping(10.0))
    losses = []
    for _ in range(15):
        loss = F.softmax_cross_entropy(network(x), target)
        network.cleargrads()
        loss.backward()
        optimizer.update()
        losses.append(float(loss.array))
    assert np.isfinite(losses).all()
    assert min(losses[5:]) < losses[0]


def test_networks_and_optimizers_survive_a_file(tmp_path):
    rng = np.random.default_rng(1)
    x = rng.standard_normal((4, 2, 9, 9), F32)
    network, its_copy = Network(), Network()
    optimizer, optimizer_copy = chainer.optimizers.Adam().setup(network), chainer.optimizers.Adam().setup(its_copy)
    for model, its_optimizer in ((network, optimizer), (its_copy, optimizer_copy)):
        its_optimizer.update(lambda model=model: F.sum(model(x) ** 2))  # creates what is saved, and what is loaded over
    chainer.serializers.save_npz(tmp_path / "network.npz", network)
    chainer.serializers.save_npz(tmp_path / "optimizer.npz", optimizer)
    chainer.serializers.load_npz(tmp_path / "network.npz", its_copy)
    chainer.serializers.load_npz(tmp_path / "optimizer.npz", optimizer_copy)
    for model, its_optimizer in ((network, optimizer), (its_copy, optimizer_copy)):
        its_optimizer.update(lambda model=model: F.sum(model(x) ** 2))
    for (name, parameter), (_, copied) in zip(network.namedparams(), its_copy.namedparams(), strict=True):
        np.testing.assert_array_equal(parameter.array, copied.array, err_msg=name)


# One differentiable function of each kind that Chainer has, from (4, 6) to anything.
FUNCTIONS = {
    "sum": F.sum,
    "mean": lambda x: F.mean(x, axis=1),
    "max": lambda x: F.max(x, axis=1),
    "log_softmax": F.log_softmax,
    "logsumexp": lambda x: F.logsumexp(x, axis=1),
    "softplus": F.softplus,
    "sigmoid": F.sigmoid,
    "tanh": F.tanh,
    "elu": F.elu,
    "leaky_relu": F.leaky_relu,
    "maxout": lambda x: F.maxout(x, 2),
    "huber_loss": lambda x: F.huber_loss(x, np.zeros((4, 6), F32), 1.0, reduce="no"),
    "mean_squared_error": lambda x: F.mean_squared_error(x, np.zeros((4, 6), F32)),
    "select_item": lambda x: F.select_item(x, np.arange(4, dtype=np.int32)),
    "get_item": lambda x: x[1:3, ::2],
    "matmul": lambda x: F.matmul(x, x, transb=True),
    "einsum": lambda x: F.einsum("ij,kj->ik", x, x),
    "concat": lambda x: F.concat([x, x], axis=1),
    "stack": lambda x: F.stack([x, x]),
    "split_axis": lambda x: F.concat(F.split_axis(x, 3, axis=1)[::-1]),
    "transpose": F.transpose,
    "reshape": lambda x: F.reshape(x, (2, 12)),
    "broadcast_to": lambda x: F.broadcast_to(F.expand_dims(x, 0), (3, 4, 6)),
    "where": lambda x: F.where(np.eye(4, 6) > 0, x, -x),
    "clip": lambda x: F.clip(x, -0.5, 0.5),
    "dropout": lambda x: F.dropout(x, 0.0),
    "average_pooling_2d": lambda x: F.average_pooling_2d(F.reshape(x, (1, 1, 4, 6)), 2),
    "max_pooling_2d": lambda x: F.max_pooling_2d(F.reshape(x, (1, 1, 4, 6)), 2),
    "deconvolution_2d": lambda x: F.deconvolution_2d(F.reshape(x, (1, 1, 4, 6)), np.ones((1, 2, 3, 3), F32), stride=2),
    "dilated_convolution_2d": lambda x: F.convolution_2d(
        F.reshape(x, (1, 1, 4, 6)), np.ones((2, 1, 2, 2), F32), dilate=2
    ),
    "im2col": lambda x: F.im2col(F.reshape(x, (1, 1, 4, 6)), 2),
    "resize_images": lambda x: F.resize_images(F.reshape(x, (1, 1, 4, 6)), (8, 12)),
    "spatial_transformer_sampler": lambda x: F.spatial_transformer_sampler(
        F.reshape(x, (1, 1, 4, 6)), np.linspace(-0.9, 0.9, 18, dtype=F32).reshape(1, 2, 3, 3)
    ),
    "as_strided": lambda x: F.as_strided(F.reshape(x, (24,)), (5, 4), (4, 1)),
    "cumsum": lambda x: F.cumsum(x, axis=1),
    "layer_normalization": lambda x: F.layer_normalization(x, np.ones(6, F32), np.zeros(6, F32)),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_have_the_gradient_of_their_values(name):
    rng = np.random.default_rng(2)
    # Far from every kink and tie: ±0.1, 0.2, ... in random order.
    values = (rng.permutation(24) - 11.5).reshape(4, 6).astype(F32) / 10
    x = chainer.Parameter(values)
    direction = rng.standard_normal((4, 6)).astype(F32)
    weights = rng.standard_normal(FUNCTIONS[name](x).shape).astype(F32)

    def objective(variable):
        return F.sum(FUNCTIONS[name](variable) * weights)

    objective(x).backward()
    step = F32(1e-2)
    ends = [float(objective(chainer.Variable(values + sign * step * direction)).array) for sign in (-1, 1)]
    slope = (ends[1] - ends[0]) / (2 * step)
    assert float((x.grad * direction).sum()) == pytest.approx(slope, rel=0.02, abs=0.02)


@pytest.mark.parametrize(
    "env_id",
    [
        "CartPole-v1",
        "Acrobot-v1",
        "MountainCar-v0",
        "Taxi-v3",
        "FrozenLake-v1",
        "CliffWalking-v0",
        "workshop/GridWorld-v0",
        "PongNoFrameskip-v4",
        "ALE/Pong-v5",
    ],
)
def test_environments_play_and_draw(env_id):
    env = gym.make(env_id, render_mode="rgb_array")
    observation, _ = env.reset(seed=0)
    env.action_space.seed(0)
    for _ in range(20):
        assert env.observation_space.contains(observation)
        observation, reward, terminated, truncated, _ = env.step(env.action_space.sample())
        assert np.isfinite(reward)
        if terminated or truncated:
            observation, _ = env.reset()
    picture = env.render()
    env.close()
    assert (picture.ndim, picture.shape[2], picture.dtype) == (3, 3, np.uint8)
    assert picture.std() > 0, "an empty picture"


def test_an_answer_is_checked(tmp_path):
    code = """
from workshop import check
discounted_return = lambda rewards, gamma: sum(gamma**t * reward for t, reward in enumerate(rewards))
check(discounted_return)
discounted_return = lambda rewards, gamma: sum(rewards)
check(discounted_return)
"""
    done = subprocess.run(
        [sys.executable, "-W", "always", "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert done.stderr == ""
    assert done.stdout.startswith("✓ 1.3 discounted_return")
    assert "✗ 1.3 discounted_return" in done.stdout
    assert "the plain sum" in done.stdout
