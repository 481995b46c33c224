# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Session 2: deep networks and Chainer
#
# In Session 1 your agent kept a table with a row for each state. Pong's pictures are too many for that. What replaces
# the table is a **function with parameters**, numbers that can be turned like knobs. Learning means: turn them until
# the function says what it should.
#
# A deep network is such a function. The one that plays Atari has 1.7 million parameters. Today you first turn three, by
# hand. Then you write the machine that knows which way to turn them, and then you use one that others have written:
# **Chainer**.
#
# Ten exercises, and three with a ★ for whoever is faster. `check`, `hint`, `solution`, `borrow` and `progress` work as
# in Session 1.

# %%
import math
import time

import gym
import numpy as np

import workshop
from workshop import borrow, check, hint, progress, solution

# %%
from IPython.display import display

from workshop import plots

progress()

# %% [markdown]
# ## 1. A function with parameters
# *You are here: minute 1 of 50. This section takes 5 minutes, 3 of them for exercise 2.1.*
#
# The function of this section has two inputs, $x$ and $y$, and three parameters, $\theta = (a, b, c)$ (theta):
#
# $$f_\theta(x, y) = a\,x^2 + b\,x\,y + c\,y^2$$
#
# With $\theta = (0.1,\ 0.2,\ 0.3)$ it gives $f(1, -1) = 0.1 - 0.2 + 0.3 = 0.2$. Suppose that the right answer were 0.5.
# Which of the three would you turn, and which way? Move the slider: it turns $c$.

# %%
rows, titles = [], []
for c in np.arange(0.0, 1.01, 0.1):
    terms = [0.1, -0.2, c]  # a x², b x y and c y² at x = 1, y = -1
    rows.append([*terms, sum(terms)])
    titles.append(f"c = {c:.1f}: f(1, −1) = {sum(terms):.1f}".replace("-", "−"))
labels = ["$a x^2$", "$b x y$", "$c y^2$", "f"]
plots.bar_scrubber(rows, labels, titles, "c", start=3)

# %% [markdown]
# At $c = 0.6$ you are there. But so you would be at $a = 0.4$, or with a little of each. For three parameters a slider
# will do. For a million you want to be told the direction.
#
# The **slope** of $f$ for a parameter says how much $f$ grows if that parameter grows a little and all else stays, as a
# multiple of that little. For $a$ it is $x^2$, whatever $a$ is. The slopes for all parameters together are the
# **gradient**, written $\nabla_\theta f$ (the triangle is read "nabla").
#
# ### Exercise 2.1: a function and its gradient (3 minutes)


# %% exercise="quadratic"
def quadratic(theta, x, y):
    """f(x, y) = a x^2 + b x y + c y^2 with theta = (a, b, c), a number."""
    ### BEGIN SOLUTION
    a, b, c = theta
    return a * x**2 + b * x * y + c * y**2
    ### END SOLUTION


# %% check="quadratic"
check(quadratic)


# %% exercise="quadratic_gradient"
def quadratic_gradient(theta, x, y):
    """The slopes of f with respect to a, b and c: a float64 array of shape (3,)."""
    ### BEGIN SOLUTION
    return np.array([x**2, x * y, y**2], dtype=np.float64)
    ### END SOLUTION


# %% check="quadratic_gradient"
check(quadratic_gradient)

# %% [markdown]
# Is it true? Turn each parameter by a thousandth, and look.

# %%
theta = np.array([0.1, 0.2, 0.3])
for name, direction, slope in zip("abc", np.eye(3), quadratic_gradient(theta, 1.0, -1.0)):
    growth = quadratic(theta + 0.001 * direction, 1.0, -1.0) - quadratic(theta, 1.0, -1.0)
    print(f"{name} + 0.001: f grows by {growth:+.4f}, the gradient says {0.001 * slope:+.4f}")

# %% [markdown]
# ## 2. The machine that differentiates
# *You are here: minute 6 of 50. This section takes 13 minutes, 12 of them for exercises 2.2 and 2.3.*
#
# Nobody works out a million slopes by hand. Look at the function as many small operations instead, each with one or
# two **operands**, the numbers that it is applied to. An operation knows two things: its **value**, and its own
# slopes, that is, how strongly its value answers to each operand.
#
# | operation | value | slope for the first operand | for the second |
# |---|---|---|---|
# | $u + v$ | $u + v$ | 1 | 1 |
# | $u \cdot v$ | $u \cdot v$ | $v$ | $u$ |
# | $\mathrm{relu}(u)$ | $\max(u, 0)$ | 1 if $u > 0$, else 0 | |
# | $\tanh(u)$ | $t = \tanh(u)$ | $1 - t^2$ | |
#
# These are **local rules**. None of them knows the formula as a whole. (relu and tanh are two curves with a bend, which
# networks need; section 8 says why. `math.tanh` works tanh out.)
#
# ### Exercise 2.2: a node that knows its slopes (6 minutes)
#
# A `Node` is a number that remembers how it was made. All operands are `Node`s. An operation returns a *new* one, with
# its value and with a pair `(operand, slope)` for each operand; these are its **parents**. The check comes after the
# next exercise, since the two work together.


# %% exercise="Node"
class Node:
    """A number that remembers how it was made.

    `value` is the number, `grad` the gradient (0 until `backward` fills it in), `parents` what it was
    made of: a pair (node, slope) for each operand. Every operation returns a new Node.
    """

    def __init__(self, value, parents=()):
        self.value = value
        self.grad = 0.0
        self.parents = parents

    def __add__(self, other):
        ### BEGIN SOLUTION
        return Node(self.value + other.value, ((self, 1.0), (other, 1.0)))
        ### END SOLUTION

    def __mul__(self, other):
        ### BEGIN SOLUTION
        return Node(self.value * other.value, ((self, other.value), (other, self.value)))
        ### END SOLUTION

    def relu(self):
        ### BEGIN SOLUTION
        return Node(max(self.value, 0.0), ((self, float(self.value > 0)),))
        ### END SOLUTION

    def tanh(self):
        ### BEGIN SOLUTION
        value = math.tanh(self.value)
        return Node(value, ((self, 1 - value**2),))
        ### END SOLUTION


# %% [markdown]
# ### Exercise 2.3: backward through the graph (6 minutes)
#
# Draw an arrow from each parent to the node that is made of it, and you have a **graph**. Now put the slopes together.
# If $w$ is made of $v$, and $v$ of $u$, then the **chain rule** says: slopes along a way are multiplied. And if $u$ is
# used twice, there are two ways, and what comes along them is **added**.
#
# So begin at the end, where the gradient is 1, and let each node hand on `slope * node.grad` to its parents. One thing
# needs thought: a node may hand on only once, and only when *all* that use it have handed on theirs. Put the nodes
# into an order in which each comes after its parents (a **topological order**), and walk through it backwards. (The
# check has graphs of up to 300 nodes, in which some are used twice. There may be more ways than anybody can walk one
# by one.)


# %% exercise="backward"
def backward(node):
    """Fill in `grad` of every node that `node` was made of, directly or not; its own is 1.

    Each node hands on when its gradient is complete: `parent.grad += slope * node.grad`.
    """
    ### BEGIN SOLUTION
    order, seen = [], set()

    def visit(part):
        if part not in seen:
            seen.add(part)
            for parent, _ in part.parents:
                visit(parent)
            order.append(part)

    visit(node)
    node.grad = 1.0
    for child in reversed(order):
        for parent, slope in child.parents:
            parent.grad += slope * child.grad
    ### END SOLUTION


# %% check="Node"
check(Node)

# %% check="backward"
check(backward)

# %% [markdown]
# Your machine, on the function of section 1. **Predict.** In the picture, which gradient will stand at $b$?

# %%
a, b, c = Node(0.1), Node(0.2), Node(0.3)
x, y = Node(1.0), Node(-1.0)
xx, xy, yy = x * x, x * y, y * y
axx, bxy, cyy = a * xx, b * xy, c * yy
f = axx + bxy + cyy
backward(f)

named = {"x": x, "y": y, "a": a, "b": b, "c": c, "x x": xx, "x y": xy, "y y": yy}
named |= {"a x x": axx, "b x y": bxy, "c y y": cyy, "f": f}
made_of = {"x x": "x x", "x y": "x y", "y y": "y y", "a x x": "a,x x", "b x y": "b,x y"}
made_of |= {"c y y": "c,y y", "f": "a x x,b x y,c y y"}
order = list(named)
boxes = []
for name, node in named.items():
    parts = made_of.get(name, "")
    parts = parts.split(",") if "," in parts else parts.split()
    boxes.append(
        (name, node.value, node.grad, [order.index(part) for part in dict.fromkeys(parts)])
    )
plots.computation_graph(boxes, title="f(1, −1): value and gradient of every node")

# %% [markdown]
# At $a$, $b$ and $c$ stand 1, −1 and 1: what `quadratic_gradient` gave, and nobody told the machine how. It found the
# slopes for $x$ and $y$ as well.
#
# This is called **automatic differentiation**, and in networks **backpropagation**. A deep learning library is this
# machine, with more operations and with arrays for values.

# %% [markdown]
# ## 3. Downhill
# *You are here: minute 19 of 50. This section takes 4 minutes, 3 of them for exercise 2.4.*
#
# $f(1, -1)$ is 0.2 and should be 0.5, the **target**. Say how wrong that is with a number, the **loss**:
#
# $$L(\theta) = \big(f_\theta(x, y) - \text{target}\big)^2$$
#
# The gradient points to where the loss grows. So go the other way, a small step each time:
#
# $$\theta \leftarrow \theta - \alpha\, \nabla_\theta L, \qquad
# \nabla_\theta L = 2\,\big(f_\theta(x, y) - \text{target}\big)\, \nabla_\theta f$$
#
# This is **gradient descent**, and $\alpha$ is again the learning rate. (The slope of a square $u^2$ is $2u$; the chain
# rule does the rest.)
#
# ### Exercise 2.4: from 0.2 to 0.5 (3 minutes)


# %% exercise="fit_theta"
def fit_theta(theta, x, y, target, learning_rate, steps):
    """`steps` steps of gradient descent on (f(x, y) - target)^2, starting at theta.

    Returns the new theta, float64 (3,); the caller's own stays as it is.
    """
    ### BEGIN SOLUTION
    for _ in range(steps):
        error = quadratic(theta, x, y) - target
        theta = theta - learning_rate * 2 * error * quadratic_gradient(theta, x, y)
    return theta
    ### END SOLUTION


# %% check="fit_theta"
check(fit_theta)

# %% [markdown]
# **Predict.** With a learning rate of 0.1, after how many steps is $f$ at 0.49? And what happens with 0.34?

# %%
steps = np.arange(13)
curves = {}
for learning_rate in (0.02, 0.1, 0.25, 0.34):
    thetas = [fit_theta(theta, 1.0, -1.0, 0.5, learning_rate, n) for n in steps]
    curves[f"α = {learning_rate}"] = [quadratic(t, 1.0, -1.0) for t in thetas]
print("theta after 12 steps of 0.1:", fit_theta(theta, 1.0, -1.0, 0.5, 0.1, 12).round(3))
plots.lines(
    steps, curves, title="f(1, −1) on its way to 0.5", xlabel="step", ylabel="f", ylim=(0.0, 1.0)
)

# %% [markdown]
# Four steps for 0.1. With 0.02 it takes patience. With 0.25 each step jumps over the target and lands nearer, and with
# 0.34 it lands *further away* each time. When nothing is learned, look at the learning rate first.
#
# And look at theta: $a$ and $c$ went up and $b$ went down, all by the same 0.1. Of all ways to get to 0.5 this is the
# shortest.

# %% [markdown]
# ## 4. Linear regression, by hand
# *You are here: minute 23 of 50. This section takes 4 minutes, 3 of them for exercise 2.5.*
#
# One point is no data. Here are 40, and a line that is to come near them all: $y \approx w_1 x + w_0$. This is **linear
# regression**. From here on $y$ is the target, and the parameters are called $w$, for **weights**: what an input is
# multiplied by.
#
# Write a 1 beside each $x$, and you have a table $X$ of $N = 40$ rows and $D = 2$ columns. A row $x_i$ times $w$,
# product by product and added up, is the prediction for it, and `X @ w` is all of them at once. The loss is the mean
# over all rows, the **mean squared error**:
#
# $$L(w) = \frac{1}{N} \sum_{i=1}^{N} \big(x_i \cdot w - y_i\big)^2$$
#
# ### Exercise 2.5: its gradient (3 minutes)


# %% exercise="linear_regression_gradient"
def linear_regression_gradient(w, X, y):
    """The gradient of mean((X w - y)^2) with respect to w: (D,) for X (N, D) and y (N,)."""
    ### BEGIN SOLUTION
    errors = X @ w - y
    return 2 * X.T @ errors / len(y)
    ### END SOLUTION


# %% check="linear_regression_gradient"
check(linear_regression_gradient)

# %%
rng = np.random.default_rng(0)
inputs = rng.uniform(-1, 1, 40)
targets = 1.5 * inputs - 0.5 + 0.2 * rng.normal(size=40)
X = np.stack([inputs, np.ones(40)], axis=1)

w = np.zeros(2)
losses = []
for _ in range(60):
    losses.append(np.mean((X @ w - targets) ** 2))
    w = w - 0.2 * linear_regression_gradient(w, X, targets)
print(f"by gradient descent: w = {w.round(3)}")
print(f"solved exactly:      w = {np.linalg.lstsq(X, targets, rcond=None)[0].round(3)}")
plots.lines(
    np.arange(60), {"loss": losses}, title="Mean squared error", xlabel="step", ylabel="loss"
)

# %% [markdown]
# The line was drawn with 1.5 and −0.5, and then every point was shaken at random. What is left of the loss is that
# noise.

# %% [markdown]
# ## 5. The same in Chainer
# *You are here: minute 27 of 50. This section takes 5 minutes, 4 of them for exercise 2.6.*
#
# Chainer is your `Node` and `backward` with arrays in them. The words:
#
# | | |
# |---|---|
# | **Variable** | a node: `.array` is its value, `.grad` its gradient, `.backward()` you know |
# | **Function** | an operation: `F.relu(x)`, `F.mean_squared_error(prediction, y)`, some two hundred of them |
# | **Link** | a function with parameters: `L.Linear(3, 2)` makes 2 outputs of 3 inputs, $x W^\top + b$ |
# | **Chain** | one link or several put together: a network, or **model** |
# | **Optimizer** | reads the gradients and moves the parameters: `.update()` |
#
# In a link $W$ holds the weights, a row for each output, and $^\top$ turns its rows into columns. The **bias** $b$ is
# what your column of ones was for: a number that is added to each output. With `None` in place of the 3, the link
# counts its inputs at the first call.
#
# The graph is written down while you compute, as in your `Node`. Nothing is declared in advance, so a network may have
# an `if` or a loop in it. (Chainer was among the first to do it this way, in 2015. PyTorch took it over, and you will
# feel at home there.)
#
# Gradients are *added* to what is there already, as in your `backward`. So before each new one you clear the old ones:
# `model.cleargrads()`. The line is easily forgotten.
#
# ### Exercise 2.6: a chain, and a step of training (4 minutes)
#
# A chain makes its links in `__init__`, as attributes (`self.name = ...`) and inside `with self.init_scope():`, or it
# does not know that they are there. `forward` uses them, and `model(x)` calls `forward`.

# %%
import chainer
import chainer.functions as F
import chainer.links as L


# %% exercise="LinearRegression"
class LinearRegression(chainer.Chain):
    """Predicts y (N, 1) from x (N, D), float32, by one linear link with a bias. Any D will do."""

    def __init__(self):
        super().__init__()
        ### BEGIN SOLUTION
        with self.init_scope():
            self.linear = L.Linear(None, 1)  # None: the first x says how many inputs there are
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION
        return self.linear(x)
        ### END SOLUTION


# %% check="LinearRegression"
check(LinearRegression)


# %% exercise="train_step"
def train_step(model, optimizer, x, y):
    """One step of training on the mean squared error: the gradients, and one update by the optimizer.

    Returns the loss before the update, a Python float.
    """
    ### BEGIN SOLUTION
    loss = F.mean_squared_error(model(x), y)
    model.cleargrads()
    loss.backward()
    optimizer.update()
    return float(loss.array)
    ### END SOLUTION


# %% check="train_step"
check(train_step)

# %% [markdown]
# The same 40 points, the same 60 steps, the same learning rate. (`SGD` is plain gradient descent. The S is for
# stochastic, that is, with a random part of the data in each step; here it gets all of them.) **Predict.** Do both end
# at the same line?

# %%
model = LinearRegression()
optimizer = chainer.optimizers.SGD(lr=0.2).setup(model)
x32 = inputs[:, np.newaxis].astype(np.float32)
y32 = targets[:, np.newaxis].astype(np.float32)
model(x32)  # now the link knows its number of inputs
for parameter in model.params():
    parameter.array[...] = 0  # the start that we had by hand
for _ in range(60):
    train_step(model, optimizer, x32, y32)
found = [float(parameter.array.ravel()[0]) for parameter in model.params()]
print("in Chainer:", np.round(sorted(found, reverse=True), 3))
print("by hand:   ", w.round(3))

# %% [markdown]
# ## 6. The same on a GPU
# *You are here: minute 32 of 50. This section takes 4 minutes, 3 of them for exercise 2.10.*
#
# A graphics card (**GPU**) does thousands of multiplications at once. **CuPy** is NumPy on such a card: the same
# functions under the same names, on arrays that live there. `chainer.backends.cuda.get_array_module(x)` gives you the
# one that `x` belongs to, and one line of code serves both.
#
# No GPU in your laptop? Then it gives you NumPy, and all of this afternoon works with that.
#
# ### Exercise 2.10: one function for both (3 minutes)
#
# Networks like inputs that are about as large as 1. Bring each column to mean 0 and **standard deviation** 1. (That is
# the root of the mean squared distance from the mean, and `x.std` works it out.) Mind the column that never changes.


# %% exercise="standardise"
def standardise(x):
    """Each column with mean 0 and standard deviation 1; a constant column becomes zeros.

    x is an array (N, D) of NumPy or of CuPy, and so is the result.
    """
    ### BEGIN SOLUTION
    xp = chainer.backends.cuda.get_array_module(x)
    std = x.std(axis=0)
    return (x - x.mean(axis=0)) / xp.where(std > 0, std, 1)
    ### END SOLUTION


# %% check="standardise"
check(standardise)

# %% [markdown]
# How much faster is it? An honest answer needs three things: warm up first, repeat, and **wait** for the GPU to finish.
# It works on while Python goes ahead, and a clock that does not wait measures how fast one can ask.

# %%
table = rng.normal(size=(4096, 512)).astype(np.float32)


def milliseconds(array, wait, repeats=10):
    standardise(array)
    wait()
    started = time.perf_counter()
    for _ in range(repeats):
        standardise(array)
    wait()
    return 1000 * (time.perf_counter() - started) / repeats


def milliseconds_on_the_gpu(table):
    import cupy

    wait = cupy.cuda.Stream.null.synchronize
    milliseconds(cupy.asarray(table), wait)  # the first use of a GPU takes seconds
    started = time.perf_counter()
    there = cupy.asarray(table)
    wait()
    to_bring_it_there = 1000 * (time.perf_counter() - started)
    return milliseconds(there, wait), to_bring_it_there


print(f"NumPy: {milliseconds(table, wait=lambda: None):.1f} ms for a table of 4,096 × 512")
if chainer.backends.cuda.available:
    print(
        "CuPy:  {:.1f} ms, and {:.1f} ms to bring the table there".format(
            *milliseconds_on_the_gpu(table)
        )
    )
else:
    print("CuPy:  there is no GPU here. Nothing that follows needs one.")

# %% [markdown]
# ## 7. Convolution: look at a piece at a time
# *You are here: minute 36 of 50. This section takes 9 minutes, 7 of them for exercises 2.7 and 2.8.*
#
# A picture of Pong has 33,600 pixels. A linear link from them to 1,000 outputs would need 33.6 million weights, and
# would have to learn what a ball looks like at each place anew.
#
# A **convolution** has a small window of weights, the **kernel**. It slides over the picture, and at each place the
# pixels under it are multiplied by the weights and added up. The **stride** is how far it moves each time, to the right
# and down.
#
# ### Exercise 2.7: a sliding window (5 minutes)
#
# Only places count at which the whole window lies on the picture. (Often one puts a margin of zeros around it first,
# the **padding**. Here there is none.) Pixels often come as `uint8`, whole numbers from 0 to 255 in one byte each; the
# sums are floats.


# %% exercise="conv2d"
def conv2d(image, kernel, stride):
    """Slide the kernel (kh, kw) over the image (H, W), `stride` pixels at a time, without padding.

    Returns floats, (oh, ow): at each place the sum of window times kernel, element by element.
    """
    ### BEGIN SOLUTION
    kh, kw = kernel.shape
    oh = (image.shape[0] - kh) // stride + 1
    ow = (image.shape[1] - kw) // stride + 1
    result = np.zeros((oh, ow))
    for i in range(oh):
        for j in range(ow):
            row, column = i * stride, j * stride
            window = image[row : row + kh, column : column + kw]
            result[i, j] = np.sum(window * kernel)
    return result
    ### END SOLUTION


# %% check="conv2d"
check(conv2d)

# %% [markdown]
# A small picture of whole numbers, and a kernel that subtracts the right neighbour from the left one. **Predict.** What
# comes out where both are the same, and what at the edge?

# %%
step = np.array([[5, 5, 5, 1, 1, 1]] * 4)
print("picture\n", step)
print("after the kernel [1, −1]\n", conv2d(step, np.array([[1.0, -1.0]]), stride=1))

# %% [markdown]
# Zero where nothing changes, and 4 at the edge. The kernel **finds** something: edges. Now a real picture of Pong, and
# a second one, two screens later.

# %%
env = gym.make("PongNoFrameskip-v4")
env.reset(seed=1)
screens = [env.step(0)[0] for _ in range(120)]
before, now = (screen[34:194].mean(axis=2) for screen in (screens[-3], screens[-1]))

kernels = {
    "left edges": np.array([[1.0, 0.0, -1.0]] * 3),
    "upper edges": np.array([[1.0, 0.0, -1.0]] * 3).T,
    "blur": np.full((5, 5), 1 / 25),
}


def as_picture(values):
    """Any numbers as grey: 0 is in the middle where there are negative ones."""
    lowest, highest = (
        (-np.abs(values).max(), np.abs(values).max()) if values.min() < 0 else (0, values.max())
    )
    grey = (255 * (values - lowest) / max(highest - lowest, 1e-9)).astype(np.uint8)
    return np.repeat(grey[:, :, np.newaxis], 3, axis=2)


found = {"the picture": now}
found |= {name: conv2d(now, kernel, stride=1) for name, kernel in kernels.items()}
found["what moved"] = now - before
plots.filmstrip(
    [as_picture(values) for values in found.values()],
    [f"{name}\n{values.shape[0]} × {values.shape[1]}" for name, values in found.items()],
    title="One picture of Pong, four ways to look at it",
)

# %% [markdown]
# Nobody tells a network which kernels to use. It finds its own, by gradient descent.
#
# ### Exercise 2.8: how large is the result? (2 minutes)


# %% exercise="conv_output_size"
def conv_output_size(size, kernel, stride, padding):
    """How many places the kernel takes along one side, an int, with `padding` pixels added at both ends.

    `size` and `kernel` are in pixels. What is left over at the end, less than a stride, is not looked at.
    """
    ### BEGIN SOLUTION
    return (size + 2 * padding - kernel) // stride + 1
    ### END SOLUTION


# %% check="conv_output_size"
check(conv_output_size)

# %% [markdown]
# The network that plays Atari has three convolutions, one after the other. Four pictures go in, and 32 come out of the
# first: it has 32 **filters**, each with a kernel for every picture that goes in. Pictures that lie on top of each
# other like this are called **channels**. Count the weights, and compare them with what linear links between the same
# numbers would need.

# %%
size, channels = 84, 4
for out_channels, kernel, stride in ((32, 8, 4), (64, 4, 2), (64, 3, 1)):
    new_size = conv_output_size(size, kernel, stride, padding=0)
    weights = out_channels * channels * kernel**2
    linear = size**2 * channels * new_size**2 * out_channels
    print(
        f"{size:2} × {size:2} × {channels:2} → {new_size:2} × {new_size:2} × {out_channels}: "
        f"{weights:6,} weights; a linear link: {linear:,}"
    )
    size, channels = new_size, out_channels

# %% [markdown]
# That is **weight sharing**: the same few weights at every place. It brings a second gift. **Predict.** Shift the
# picture by 12 pixels, and convolve. How does the result differ from before?

# %%
shifted = np.roll(now, 12, axis=1)
edges, edges_of_shifted = (conv2d(image, kernels["left edges"], 1) for image in (now, shifted))
same = np.array_equal(edges[:, :-14], edges_of_shifted[:, 12:-2])
print("the result is shifted by 12 pixels, and else the same:", same)
plots.filmstrip(
    [as_picture(values) for values in (now, edges, shifted, edges_of_shifted)],
    ["the picture", "its edges", "shifted by 12", "its edges"],
    title="Shift the picture, and the result shifts along",
)

# %% [markdown]
# This is called **equivariance**. A network that has learned the ball on the left knows it on the right.
#
# Many networks also have **pooling**: of each small square of the result only the largest number, or the mean, is kept.
# It makes pictures small, and forgets where in the square something was. The network that plays Atari has none, for in
# Pong the place of the ball is what counts. Its strides make the pictures small.

# %% [markdown]
# ## 8. Activation functions
# *You are here: minute 45 of 50. This section takes 4 minutes, 3 of them for exercise 2.9.*
#
# A link and the bend behind it are a **layer**, each number that comes out of it is a **unit**, and layers between
# input and output are called **hidden**. A network with several layers is **deep**.
#
# Why the bend? One linear link after another is still linear: $(x W_1) W_2 = x (W_1 W_2)$. What makes depth worth
# having is an **activation function** between them:
#
# | | | |
# |---|---|---|
# | relu | $\max(x, 0)$ | the usual one |
# | leaky relu | $x$ if $x > 0$, else $s\,x$ | never quite off; $s$ is its slope there, from 0 to 1 |
# | elu | $x$ if $x > 0$, else $\alpha (e^x - 1)$ | a soft bend; this $\alpha$ is no learning rate |
# | sigmoid | $\sigma(x) = 1 / (1 + e^{-x})$ | from 0 to 1 |
# | tanh | $2 \sigma(2x) - 1$ | from −1 to 1 |
# | maxout | $\max_k (w_k \cdot x + b_k)$ | the largest of $K$ linear links; learns its own bend |
#
# ### Exercise 2.9: all six (3 minutes)
#
# One or two lines each. The first five take an array of any shape, and work **elementwise**: each number by itself.
# `np.exp(x)` is $e^x$. Take care far out: $e^{1000}$ does not fit into a float, and NumPy must not warn of an overflow
# for any $x$ from −1000 to 1000.


# %% exercise="relu"
def relu(x):
    """max(x, 0), elementwise, as a new array."""
    ### BEGIN SOLUTION
    return np.maximum(x, 0)
    ### END SOLUTION


# %% check="relu"
check(relu)


# %% exercise="leaky_relu"
def leaky_relu(x, slope):
    """x where it is positive, slope * x elsewhere; 0 <= slope <= 1."""
    ### BEGIN SOLUTION
    return np.where(x > 0, x, slope * x)
    ### END SOLUTION


# %% check="leaky_relu"
check(leaky_relu)


# %% exercise="elu"
def elu(x, alpha):
    """x where it is positive, alpha * (e^x - 1) elsewhere, without an overflow at x = 1000."""
    ### BEGIN SOLUTION
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))
    ### END SOLUTION


# %% check="elu"
check(elu)


# %% exercise="sigmoid"
def sigmoid(x):
    """1 / (1 + e^-x), from 0 to 1, without an overflow at x = -1000 or 1000."""
    ### BEGIN SOLUTION
    e = np.exp(-np.abs(x))  # at most 1
    return np.where(x >= 0, 1, e) / (1 + e)
    ### END SOLUTION


# %% check="sigmoid"
check(sigmoid)


# %% exercise="tanh"
def tanh(x):
    """The sigmoid, stretched: from -1 to 1, without an overflow at x = -1000 or 1000."""
    ### BEGIN SOLUTION
    return np.tanh(x)
    ### END SOLUTION


# %% check="tanh"
check(tanh)


# %% exercise="maxout"
def maxout(x, w, b):
    """The largest of K linear functions, for each row of x: (N,) for x (N, D), w (K, D) and b (K,)."""
    ### BEGIN SOLUTION
    return (x @ w.T + b).max(axis=1)
    ### END SOLUTION


# %% check="maxout"
check(maxout)

# %% [markdown]
# Four of the six. **Predict.** Learning is driven by slopes. Which of the four has a slope of almost 0 at $x = 4$?

# %%
x = np.linspace(-4, 4, 161)
functions = {
    "relu": relu,
    "leaky relu": lambda x: leaky_relu(x, 0.1),
    "elu": lambda x: elu(x, 1.0),
    "sigmoid": sigmoid,
}
values = {name: function(x) for name, function in functions.items()}
slopes = {name: (f(x + 1e-4) - f(x - 1e-4)) / 2e-4 for name, f in functions.items()}
display(plots.lines(x, values, title="Four activation functions", xlabel="x", ylim=(-1.3, 4.2)))
plots.lines(x, slopes, title="Their slopes", xlabel="x", ylim=(-0.1, 1.15))

# %% [markdown]
# The sigmoid. Its slope is nowhere more than 0.25, and ten of them in a row make less than a millionth: nothing is left
# for the first layers to learn from. The slope of relu is 1 wherever it is **on**, that is, where $x > 0$.
#
# What can such a network say? One hidden layer with enough units comes as near as you like to any function without
# jumps (on a bounded piece of its inputs; it is called a **universal approximator**). And yet deep networks have more
# than one. A circuit that multiplies is made of adders, and an adder of single bits; a face is made of eyes, and an
# eye of edges. What one layer has found, the next one uses again and again. Without the layers between, the same often
# takes far more units. What each layer finds nobody decides: it comes out of gradient descent.
#
# **You have built the heart of a deep learning library, and looked inside a convolution.** In Session 3 they replace
# the table.

# %%
progress()

# %% [markdown]
# ## ★ For the train home
#
# ### Exercise 2.11★: momentum, RMSProp, Adam (6 minutes)
#
# Gradient descent has trouble in a long narrow valley: the slope across is steep, the slope along is not. Three
# remedies. Each remembers something from step to step, takes it as an argument and gives it back renewed:
#
# - **momentum** keeps a velocity, as a rolling ball does;
# - **RMSProp** divides each slope by its usual size;
# - **Adam** does both, and corrects that its means began at 0.
#
# "Usual" is a **running mean**: each time a large share of the old mean (`decay`, 0.9 for example) and the rest from
# the new number. The small number $\epsilon$ (`epsilon`) sees to it that nothing is divided by 0. With $g$ for the
# gradient, Adam in step $t = 1, 2, \dots$ is
#
# $$m \leftarrow \beta_1 m + (1 - \beta_1)\, g, \qquad v \leftarrow \beta_2 v + (1 - \beta_2)\, g^2, \qquad
# \theta \leftarrow \theta - \alpha\, \frac{m / (1 - \beta_1^t)}{\sqrt{v / (1 - \beta_2^t)} + \epsilon}$$
#
# The divisions by $1 - \beta^t$ are the correction. What is handed on are $m$ and $v$ themselves.


# %% exercise="momentum_step"
def momentum_step(theta, gradient, velocity, learning_rate, momentum):
    """velocity <- momentum * velocity - learning_rate * gradient, and theta moves by it.

    Returns (theta, velocity).
    """
    ### BEGIN SOLUTION
    velocity = momentum * velocity - learning_rate * gradient
    return theta + velocity, velocity
    ### END SOLUTION


# %% check="momentum_step"
check(momentum_step)


# %% exercise="rmsprop_step"
def rmsprop_step(theta, gradient, mean_square, learning_rate, decay, epsilon):
    """The gradient divided by its usual size: the root of `mean_square`, plus epsilon.

    `mean_square` is a running mean of the squared gradients: `decay` times the old one, and the rest
    from this gradient. Returns (theta, mean_square).
    """
    ### BEGIN SOLUTION
    mean_square = decay * mean_square + (1 - decay) * gradient**2
    theta = theta - learning_rate * gradient / (np.sqrt(mean_square) + epsilon)
    return theta, mean_square
    ### END SOLUTION


# %% check="rmsprop_step"
check(rmsprop_step)


# %% exercise="adam_step"
def adam_step(theta, gradient, m, v, t, learning_rate, beta1, beta2, epsilon):
    """Adam (Kingma and Ba 2015, Algorithm 1): t is 1 in the first step. Returns (theta, m, v)."""
    ### BEGIN SOLUTION
    m = beta1 * m + (1 - beta1) * gradient
    v = beta2 * v + (1 - beta2) * gradient**2
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    theta = theta - learning_rate * m_hat / (np.sqrt(v_hat) + epsilon)
    return theta, m, v
    ### END SOLUTION


# %% check="adam_step"
check(adam_step)

# %% [markdown]
# All of them in one bowl, $L = \frac{1}{2}(x^2 + 20\,y^2)$, from the same place. **Predict.** Which ones shoot past the
# bottom, at $(0, 0)$?


# %%
def bowl(x, y):
    return 0.5 * (x**2 + 20 * y**2)


def slope_of_bowl(place):
    return place * np.array([1.0, 20.0])


start = np.array([-4.0, 1.0])
paths = {name: [start] for name in ("plain", "momentum", "RMSProp", "Adam")}
velocity = mean_square = m = v = np.zeros(2)
for t in range(1, 61):
    place = paths["plain"][-1]
    paths["plain"].append(place - 0.04 * slope_of_bowl(place))
    place, velocity = momentum_step(
        paths["momentum"][-1], slope_of_bowl(paths["momentum"][-1]), velocity, 0.02, 0.9
    )
    paths["momentum"].append(place)
    place, mean_square = rmsprop_step(
        paths["RMSProp"][-1], slope_of_bowl(paths["RMSProp"][-1]), mean_square, 0.1, 0.9, 1e-8
    )
    paths["RMSProp"].append(place)
    place, m, v = adam_step(
        paths["Adam"][-1], slope_of_bowl(paths["Adam"][-1]), m, v, t, 0.2, 0.9, 0.999, 1e-8
    )
    paths["Adam"].append(place)
plots.descents(bowl, paths, (-4.5, 2.5), (-1.5, 1.5), title="60 steps down a long narrow bowl")

# %% [markdown]
# Momentum, far, and Adam, by less. Plain gradient descent does not, and after 60 steps it is still on its way along the
# valley.
#
# ### Exercise 2.12★: convolution as one matrix product (5 minutes)
#
# A **patch** is what lies under the window at one place. Write each into a row of a table first. Then the rest is one
# product of the table with the kernel, and products are what a processor does best.


# %% exercise="im2col"
def im2col(image, kh, kw, stride):
    """A patch a row, (oh * ow, kh * kw), places and pixels row by row; the dtype is the image's."""
    ### BEGIN SOLUTION
    height, width = image.shape
    return np.array(
        [
            image[row : row + kh, column : column + kw].ravel()
            for row in range(0, height - kh + 1, stride)
            for column in range(0, width - kw + 1, stride)
        ]
    )
    ### END SOLUTION


# %% check="im2col"
check(im2col)

# %%
kernel = kernels["left edges"]
started = time.perf_counter()
by_loops = conv2d(now, kernel, stride=1)
between = time.perf_counter()
patches = im2col(now, 3, 3, stride=1)
by_product = (patches @ kernel.ravel()).reshape(by_loops.shape)
print("the same result:", np.allclose(by_loops, by_product))
print(f"loops {between - started:.3f} s, patches and product {time.perf_counter() - between:.3f} s")
print(f"the patches take {patches.nbytes / now.nbytes:.1f} times the memory of the picture")

# %% [markdown]
# ### Exercise 2.13★: a network that finds the ball (8 minutes)
#
# Everything at once: convolutions, activations, a chain, Adam. The console knows where its ball is, in two bytes of its
# memory. So there are pictures with the right answer beside each, as many as we want.
#
# A picture is (1, 84, 84): one channel, 84 rows, 84 columns. The answer is two numbers, the row and the column in
# pixels. `L.Convolution2D(3, 10, ksize=5, stride=2)` is a link with 10 filters of 5 × 5 pixels for three channels;
# `F.relu` and `L.Linear` you know, and `L.Linear` takes all numbers of a picture as one row. How many layers, and how
# large, is for you to say.
#
# `check` looks at your network only briefly. Grading trains it for about a minute on 5,000 pictures (3,000 updates,
# each from a **batch** of 32 pictures drawn at random), and asks for a mean error of less than 2 pixels on new ones.


# %% exercise="BallFinder"
class BallFinder(chainer.Chain):
    """Finds the ball: pictures (N, 1, 84, 84) float32 in [0, 1] to rows and columns in pixels (N, 2)."""

    def __init__(self):
        super().__init__()
        ### BEGIN SOLUTION
        with self.init_scope():
            self.conv1 = L.Convolution2D(1, 16, ksize=8, stride=4)
            self.conv2 = L.Convolution2D(16, 32, ksize=4, stride=2)
            self.hidden = L.Linear(None, 256)
            self.out = L.Linear(256, 2)
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION
        h = 4 * (x - 0.34)  # the field is 0.34: what is left is what stands out from it
        h = F.relu(self.conv1(h))
        h = F.relu(self.conv2(h))
        h = F.relu(self.hidden(h))
        return 84 * self.out(h)  # so that `out` learns numbers of about 1
        ### END SOLUTION


# %% check="BallFinder"
check(BallFinder)

# %% [markdown]
# Now train it yourself, on 2,000 pictures, for about a quarter of a minute: 600 updates. Whoever always says the mean
# place of the ball is 24 pixels off on average. **Predict.** How near does your network come?

# %%
from workshop.atari.pong import frames_with_a_ball
from workshop.nn import convolution, optimizers

convolution.use()  # the kit's own under Chainer's links: several times as fast on a CPU
optimizers.use()

frames, places = frames_with_a_ball(2000, seed=0)
new_frames, new_places = frames_with_a_ball(300, seed=1)


def as_input(frames):
    return frames[:, np.newaxis].astype(np.float32) / 255


def mean_error(finder):
    with chainer.no_backprop_mode():
        return np.linalg.norm(finder(as_input(new_frames)).array - new_places, axis=1).mean()


finder = BallFinder()
optimizer = chainer.optimizers.Adam(1e-3).setup(finder)
errors = [mean_error(finder)]
for update in range(1, 601):
    chosen = rng.integers(len(frames), size=32)
    train_step(finder, optimizer, as_input(frames[chosen]), places[chosen])
    if update % 60 == 0:
        errors.append(mean_error(finder))
plots.lines(
    np.arange(0, 601, 60),
    {f"{errors[-1]:.1f} px": errors},
    title="Mean error on pictures that it has never seen",
    xlabel="updates",
    ylabel="pixels",
)

# %%
progress()
