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
# # Session 3: DQN
#
# Session 1 put one number for each state and action into a table. Pong has more states than a table can hold. Today a
# neural network takes the table's place, and you write all that is around it, piece by piece.
#
# *You are here: minute 1 of 50. This section takes 3 minutes.*
#
# The rule stays the one of exercise 1.10. Towards what should $Q(s, a)$ be pulled? Towards the reward and the best
# that can come after it:
#
# $$y = r + \gamma \max_{a'} Q(s', a')$$
#
# ($s'$ is the next state, and $a'$ runs through the actions there.)
#
# But a network is no table. With a table, Q-learning is proven to arrive (exercise 1.10). With a network nothing is
# proven any more: three things that a table forgave now go wrong, and each has a cure that you will write:
#
# | what goes wrong | the cure | exercise |
# |---|---|---|
# | A step teaches all states at once, and steps that follow each other look alike: the network forgets what it saw a minute ago. | **Replay memory**: learn from a random mixture of old steps. | 3.3 |
# | The target $y$ is made by the network that is being changed: it runs after its own tail. | **Target network**: a copy that stands still for a while. | 3.8 |
# | One large error throws all the weights about. | **Clipped errors**: a loss whose slope is never more than 1. | 3.7 |
#
# This is **DQN**, the deep Q-network of Mnih and others (2013, and in Nature in 2015). Ten exercises, and five with a
# ★. `check`, `hint`, `solution`, `borrow` and `progress` work as before; if the clock runs away from you, borrow 3.1
# and 3.2 first.

# %%
import copy
from collections import deque
from itertools import islice

import gym
import numpy as np

import workshop
from workshop import Transition, borrow, check, hint, progress, solution

# %%
import chainer
import chainer.functions as F
import chainer.links as L
from IPython.display import display

from workshop import plots
from workshop.atari.emulator import make_emulator

progress()

# %% [markdown]
# **Predict.** A state is a number from 0 to 1 here. A table has 41 rows for it, and a network has a hidden layer of 64
# units. Both are told, ten times, that the state 0.5 is worth 1. What becomes of the other states?

# %%
places = np.linspace(0, 1, 41, dtype=np.float32)[:, None]
rng = np.random.default_rng(0)
weights = 8 * rng.standard_normal((64, 1))
bends = rng.random(64)  # where each hidden unit has its bend
hidden = L.Linear(1, 64, initialW=weights, initial_bias=-weights[:, 0] * bends)
small = chainer.Sequential(hidden, F.relu, L.Linear(64, 1, initialW=0))
optimizer = chainer.optimizers.SGD(1e-3).setup(small)
before = small(places).array[:, 0].copy()
for _ in range(10):
    loss = F.sum((small(places[20:21]) - 1) ** 2)
    small.cleargrads()
    loss.backward()
    optimizer.update()
in_network = small(places).array[:, 0] - before
in_table = np.where(np.arange(41) == 20, in_network[20], 0)
plots.lines(
    places[:, 0],
    {"table": in_table, "network": in_network},
    title="What one lesson changes",
    xlabel="state (the lesson was about 0.5)",
    ylabel="change of its value",
)

# %% [markdown]
# In a table one row moves. In a network **all** states move. This is its strength: it has an opinion on states that it
# never met. And it is where today's trouble comes from.
#
# ## Late, or stuck?
#
# Nobody has to write all of it. Borrow what teaches least about reinforcement learning, and keep your minutes for the
# rest:
#
# | it is minute | and you are still at | borrow | what you skip |
# |---|---|---|---|
# | 10 | 3.1 | `preprocess`, `FrameStack` | up to 7 minutes of pixels |
# | 13 | 3.2 | `FrameStack` | up to 3 minutes |
# | 20 | 3.3 | `QNetwork`, `epsilon_at` | 5 minutes; session 2 again, and a straight line |
# | 36 | 3.6 or 3.7 | `sync_target`, `should_sync`, `act` | 6 minutes |
# | 45 | anything before 3.10 | whatever is missing | |
#
# "Skip" is what the exercises are meant to take. Write 3.3, 3.6, 3.7 and 3.10 yourself if you can: they *are* DQN. This
# line in a new cell borrows two at once:
#
#     preprocess, FrameStack = borrow("preprocess"), borrow("FrameStack")
#
# An exercise that is not written yet stops only the cells that need it. Go on below.

# %% [markdown]
# ## 1. What the agent sees
# *You are here: minute 4 of 50. This section takes 9 minutes, 7 of them for exercises 3.1 and 3.2.*
#
# A screen of the Atari has 210 × 160 pixels of three colours: 100,800 numbers. Of these the agent gets 84 × 84 =
# 7,056, a fourteenth. Grey will do, and so will a coarser picture. What the agent gets is called a **frame** here, what
# the console draws a **screen**. There are 60 screens a second; the agent looks at every fourth, and what it does is
# held for four. So a *step* of the agent is four screens (section 9 says why).
#
# One thing must not be lost. The console could not draw many **sprites** at once, its movable figures, so games draw
# some of them only on every other screen: they **flicker**. Take the brighter of two screens in a row, pixel by pixel,
# *before* anything else. Otherwise the ball is there in one frame and gone in the next.
#
# ### Exercise 3.1: from the screen to a frame (4 minutes)


# %% exercise="preprocess"
def preprocess(frame, previous_frame):
    """What the network sees of two screens in a row, (210, 160, 3) uint8 each: (84, 84) uint8.

    1. The brighter of the two for every pixel and colour: sprites flicker.
    2. Grey: 0.299 red + 0.587 green + 0.114 blue.
    3. Resized by area: a new pixel is the mean over the rectangle of 2.5 x 1.905 old pixels that
       it covers, where a part of a pixel counts as that part.
    4. Whole numbers; one level of grey more or less than the exact value is right.
    """

    ### BEGIN SOLUTION
    def shares(old, new):
        """(new, old): which share of new pixel i comes from old pixel j."""
        edges = np.arange(new + 1)[:, None] * old / new
        pixels = np.arange(old)
        covered = np.minimum(edges[1:], pixels + 1) - np.maximum(edges[:-1], pixels)
        return np.clip(covered, 0, None) * new / old

    brighter = np.maximum(frame, previous_frame)
    grey = brighter @ np.array([0.299, 0.587, 0.114])
    resized = shares(210, 84) @ grey @ shares(160, 84).T
    return np.rint(resized).astype(np.uint8)
    ### END SOLUTION


# %% check="preprocess"
check(preprocess)

# %% [markdown]
# Your function at work. In Asteroids the rocks and the ship take turns. **Predict.** What is missing in each of two
# screens in a row?


# %%
def as_picture(grey):
    """A grey frame (H, W) as the three equal colours that a picture is made of."""
    return np.repeat(grey[..., None], 3, axis=2)


console = make_emulator("ale-py", "asteroids", seed=0)
console.reset()
for _ in range(100):
    console.act(0)
previous_frame = console.screen_rgb()
console.act(0)
frame = console.screen_rgb()

brighter = np.stack([previous_frame, frame]).max(axis=0)
screens = {"screen 100": previous_frame, "screen 101": frame, "the brighter of both": brighter}
captions = [
    f"{name}\n{np.any(screen, axis=2).sum():,} pixels lit" for name, screen in screens.items()
]
seen = preprocess(frame, previous_frame)
plots.filmstrip(
    [*screens.values(), as_picture(seen)],
    [*captions, f"what your network sees\n{seen.size:,} numbers"],
    title="Asteroids, two screens in a row",
)

# %% [markdown]
# **Predict.** Think of a single frame of Pong. Is the ball coming towards you, or going away?
#
# Nobody can tell, and neither can a network. A state must hold all that matters for what comes next (session 1 called
# this the Markov property). So a state is not one frame but the last few.
#
# How many? Let us ask a simple predictor, the linear regression of session 2: where will the ball be next (four screens
# later), from its places in the last 1, 2, 3 or 4 frames?

# %%
from workshop.atari.pong import random_game

balls = [ball for _, _, ball in random_game(900)]
fives = [balls[i : i + 5] for i in range(len(balls) - 4)]
together = np.array([five for five in fives if None not in five])  # (examples, 5, row and column)
errors = []
for n_frames in (1, 2, 3, 4):
    known = together[:, 4 - n_frames : 4].reshape(len(together), -1)
    known = np.hstack([known, np.ones((len(known), 1))])
    weights = np.linalg.lstsq(known, together[:, 4], rcond=None)[0]
    errors.append(np.abs(known @ weights - together[:, 4]).sum(axis=1).mean())
plots.bars(
    errors,
    ["1 frame", "2 frames", "3 frames", "4 frames"],
    title=f"Where will the ball be? ({len(together)} examples)",
    ylabel="mean error, pixels",
    number="{:.1f}",
)

# %% [markdown]
# The second frame brings the direction, and with it nearly all there is to know of this ball. Other games need more:
# whether something gets faster shows in three frames and not in two. The paper took **four** for all games, and
# nearly everybody has since.
#
# ### Exercise 3.2: a stack of frames (3 minutes)
#
# At the start of an episode there are no earlier frames, so the first one is there `size` times. (The caller has one
# array for all frames, and writes the next one into it.)


# %% exercise="FrameStack"
class FrameStack:
    """The last `size` frames as one array, (size, 84, 84) uint8, oldest first.

    `reset(frame)` begins an episode: the first frame, `size` times. `push(frame)` puts a new
    frame behind the others, and the oldest one goes. Both return the stack. An array that was
    returned never changes again, although the caller uses the array of `frame` again.
    """

    def __init__(self, size):
        self.size = size

    def reset(self, frame):
        ### BEGIN SOLUTION
        self.frames = deque([frame.copy()] * self.size, maxlen=self.size)
        return np.stack(self.frames)
        ### END SOLUTION

    def push(self, frame):
        ### BEGIN SOLUTION
        self.frames.append(frame.copy())
        return np.stack(self.frames)
        ### END SOLUTION


# %% check="FrameStack"
check(FrameStack)

# %% [markdown]
# Four frames of Pong, one in four screens, put together by your two pieces. The ball is a pixel or two wide now.
# **Predict from the last picture:** where will it be next?

# %%
frame_stack, path = FrameStack(4), []
for screen, previous, ball in random_game(120):
    frame = preprocess(screen, previous)
    if ball is None or not path:
        state, path = frame_stack.reset(frame), [ball]
    else:
        state, path = frame_stack.push(frame), [*path, ball][-4:]
    if len(path) == 4 and None not in path and 60 < ball[1] < 120:
        break
on_frame = [((row + 0.5) * 84 / 210 - 0.5, (col + 0.5) * 84 / 160 - 0.5) for row, col in path]
plots.frame_stack(state, on_frame, title="One state of Pong: four frames")

# %% [markdown]
# ### Start now
#
# Training takes the time that it takes, so let it begin while you write. The kit has an **engine** around the loop
# that you will write last: eight games at once, targets that look five steps ahead (exercise 3.14★), a process of its
# own. It takes the pieces that you have so far, each of them checked and timed first, and its own for the rest. It
# asks half a minute of you.

# %% needs="engine"
from workshop import own_pieces

own_pieces.train_pong(minutes=50)

# %% [markdown]
# Run that cell again whenever you have a new piece: it takes over what was learned so far. The same cell finds the
# training after a restarted kernel, and goes on with it after a closed laptop. The picture below follows it while you
# go on.

# %% needs="engine"
own_pieces.watch()

# %% [markdown]
# ## 2. What the agent remembers
# *You are here: minute 13 of 50. This section takes 7 minutes, 6 of them for exercise 3.3.*
#
# Steps that follow each other are nearly the same picture. A network that learns from them in order learns one corner
# of the game, then the next, and forgets the first. Worse, what it has learned decides what it sees next: an agent that
# goes up sees the top, and learns about the top. So put every step into a memory, and learn from steps drawn at random,
# a **batch** of 32 for example. Each is learned from more than once, too.
#
# The memory has a bill, and you should see it *before* you order. The paper remembers a million steps. **Predict.** How
# many gigabytes are they, if each step keeps its state and the next state, four frames each, as float32? (That is four
# bytes a number; a `uint8`, a whole number from 0 to 255, takes one.)

# %%
frame_bytes, million = 84 * 84, 1_000_000
bill = {
    "two stacks\nfloat32": 2 * 4 * frame_bytes * 4,
    "two stacks\nuint8": 2 * 4 * frame_bytes,
    "one stack\nuint8": 4 * frame_bytes,
    "each frame\nonce": frame_bytes + 8,  # and 8 for action, reward and the ends
}
plots.bars(
    [n_bytes * million / 1e9 for n_bytes in bill.values()],
    list(bill),
    title="A million steps, in gigabytes",
    ylabel="GB",
    number="{:,.1f}",
)

# %% [markdown]
# A laptop with 16 GB would give up on the first three. The kit's own memory keeps each **frame** once, and puts the
# stacks together when they are drawn. Yours keeps whole transitions as uint8, which is simpler: 56 kB a step, so 10,000
# steps are 0.56 GB. (Half of that, where the next state of a step is the very array that is the state of the one after
# it.) Never store floats. The network can divide by 255 itself, on 32 states at a time.
#
# ### Exercise 3.3: replay memory (6 minutes)
#
# A ring: when it is full, the newest takes the place of the oldest. Draw each row of a batch by itself; whether one
# transition may come twice in it is up to you.


# %% exercise="ReplayMemory"
class ReplayMemory:
    """The last `capacity` transitions; a new one replaces the oldest when it is full.

    `add(transition)` stores a Transition. `sample(batch_size, rng)` draws a batch, all that it
    holds being equally likely, and returns a Transition of arrays: each field has one row for each
    transition that was drawn, and keeps its dtype. Asking for more than it holds is a ValueError.
    `len(memory)` is how many it holds.
    """

    def __init__(self, capacity):
        self.capacity = capacity
        self.transitions = []
        self.n_added = 0

    def add(self, transition):
        ### BEGIN SOLUTION
        slot = self.n_added % self.capacity
        if slot == len(self.transitions):
            self.transitions.append(transition)
        else:
            self.transitions[slot] = transition
        self.n_added += 1
        ### END SOLUTION

    def sample(self, batch_size, rng):
        ### BEGIN SOLUTION
        if batch_size > len(self):
            raise ValueError(f"the memory holds {len(self)} transitions, and not {batch_size}")
        indices = rng.integers(len(self), size=batch_size)
        rows = [self.transitions[index] for index in indices]
        return Transition(*map(np.array, zip(*rows)))
        ### END SOLUTION

    def __len__(self):
        return len(self.transitions)


# %% check="ReplayMemory"
check(ReplayMemory)

# %% [markdown]
# Look into your memory. It gets 600 frames of Pong, each with its number. Above, eight steps in a row; below, a batch
# that `sample` has drawn.

# %%
from workshop.atari.pong import frames_with_a_ball

frames, ball_places = frames_with_a_ball(600, seed=0)
memory = ReplayMemory(500)
for number, frame in enumerate(frames):  # the number stands where the action would
    memory.add(Transition(frame, number, 0.0, frame, False))
batch = memory.sample(8, np.random.default_rng(0))
in_a_row = np.arange(592, 600)
shown = [*in_a_row, *batch.action]
plots.filmstrip(
    [as_picture(frames[number]) for number in shown],
    [f"step {number}" for number in shown],
    title="Eight steps in a row, and eight from your memory",
    columns=8,
)

# %%
rng = np.random.default_rng(0)
batch = memory.sample(400, rng)
apart = np.linalg.norm(np.diff(ball_places, axis=0), axis=1)
apart_in_batch = np.linalg.norm(np.diff(ball_places[batch.action], axis=0), axis=1)
print(f"oldest step in a batch of 400: {batch.action.min()}; steps 0 to 99 are overwritten")
print(f"from one step to the next the ball is {np.median(apart):.0f} pixels away (median);")
print(f"from one row of the batch to the next, {np.median(apart_in_batch):.0f}")

# %% [markdown]
# ## 3. The network
# *You are here: minute 20 of 50. This section takes 4 minutes, 3 of them for exercise 3.4.*
#
# It gets a state and gives a number for **every** action at once, 6 in Pong and up to 18 in other games, so that one
# **pass** through it is enough to choose. The four frames are its four channels. Three convolutions look for things
# that move, from small to large: 84 → 20 → 9 → 7 pixels a side, by the rule of exercise 2.8. Then a layer of 512
# units, then one number an action. (The network of 2013 was smaller: two convolutions, of 16 and 32 filters, and a
# layer of 256.)
#
# ReLU, as papers write it, is the relu of exercise 2.9. There is none on the output: values may be negative. In Pong
# you can lose points.
#
# ### Exercise 3.4: the network of 2015 (3 minutes)
#
# Chainer's links for it are `L.Convolution2D(channels, filters, ksize=..., stride=...)` and `L.Linear(inputs,
# outputs)`, which takes all numbers of a state as one row. Below, `B` is the number of states in a batch.


# %% exercise="QNetwork"
class QNetwork(chainer.Chain):
    """The network of Mnih et al. 2015: states (B, 4, 84, 84) uint8 to values (B, n_actions).

    Three convolutions (32 filters 8 x 8 with stride 4, 64 of 4 x 4 with stride 2, 64 of 3 x 3 with
    stride 1), a layer of 512, and the output. ReLU follows all of them but the output. forward
    scales the states to [0, 1] itself, as float32, and leaves them as they are. It returns a
    Variable.
    """

    def __init__(self, n_actions):
        super().__init__()
        self.n_actions = n_actions
        ### BEGIN SOLUTION
        with self.init_scope():
            self.conv1 = L.Convolution2D(4, 32, ksize=8, stride=4)
            self.conv2 = L.Convolution2D(32, 64, ksize=4, stride=2)
            self.conv3 = L.Convolution2D(64, 64, ksize=3, stride=1)
            self.fc = L.Linear(64 * 7 * 7, 512)
            self.out = L.Linear(512, n_actions)
        ### END SOLUTION

    def forward(self, states):
        ### BEGIN SOLUTION
        h = states.astype(np.float32) / 255
        h = F.relu(self.conv1(h))
        h = F.relu(self.conv2(h))
        h = F.relu(self.conv3(h))
        h = F.relu(self.fc(h))
        return self.out(h)
        ### END SOLUTION


# %% check="QNetwork"
check(QNetwork)

# %% [markdown]
# **Predict.** Which of the five layers has the most parameters?

# %%
network = QNetwork(6)
network(
    np.zeros((1, 4, 84, 84), np.uint8)
)  # Chainer makes some layers when it first sees their input
sizes = {}
for name, parameter in network.namedparams():
    layer = name.strip("/").rsplit("/", 1)[0]
    sizes[layer] = sizes.get(layer, 0) + parameter.size
plots.bars(
    list(sizes.values()),
    list(sizes),
    title=f"{sum(sizes.values()):,} parameters, layer by layer",
    ylabel="parameters",
    number="{:,.0f}",
)

# %% [markdown]
# The layer of 512 has 95 in a hundred of them: 7 × 7 × 64 = 3,136 numbers come in, and each goes to each of the 512.
# The convolutions share theirs (session 2), and do most of the arithmetic with few.
#
# ## 4. What it should have said
# *You are here: minute 24 of 50. This section takes 12 minutes, 10 of them for exercises 3.5, 3.6 and 3.7.*
#
# First ε, how often to act at random. At the beginning the network knows nothing, so always; later less and less. The
# paper goes from 1 to 0.1 over a million frames (its code counts a million steps), and stays there. It is a number of
# *steps*, not a share of the whole training: whoever trains longer should not explore differently.
#
# ### Exercise 3.5: how much to explore (2 minutes)


# %% exercise="epsilon_at"
def epsilon_at(step, start, end, decay_steps):
    """The share of random actions: `start` at step 0, from there in a straight line to `end` at
    `decay_steps`, and `end` for ever after. Before step 0 it is `start`.
    """
    ### BEGIN SOLUTION
    share = min(max(step / decay_steps, 0), 1)
    return start + (end - start) * share
    ### END SOLUTION


# %% check="epsilon_at"
check(epsilon_at)

# %%
steps = np.arange(0, 1_500_001, 25_000)
shares = [epsilon_at(step, 1.0, 0.1, 1_000_000) for step in steps]
plots.lines(
    steps, {"ε": shares}, title="The paper's ε", xlabel="step", ylabel="share of random actions"
)

# %% [markdown]
# Now the target $y$ of the beginning, for a whole batch at once. It is exercise 1.8 with arrays: after a terminal
# step nothing follows, and $y$ is the reward alone. (A *truncated* step is not terminal. Only the clock ran out, and
# the target goes on.) A target that builds on an estimate, as $y$ does on the next values, is said to **bootstrap**.
#
# Mind the dtype. One array of float64 among float32 makes NumPy's result float64, without a word, and Chainer refuses
# to compare that with what a network says.
#
# ### Exercise 3.6: targets for a batch (3 minutes)


# %% exercise="td_targets"
def td_targets(rewards, next_q, terminated, gamma):
    """What Q(s, a) should have been, for a batch: (B,) float32.

    rewards (B,), next_q (B, A): the target network's values of the next states, terminated (B,)
    bool: there the target is the reward alone.
    """
    ### BEGIN SOLUTION
    future = np.where(terminated, 0, next_q.max(axis=1))
    return (rewards + gamma * future).astype(np.float32)
    ### END SOLUTION


# %% check="td_targets"
check(td_targets)

# %% [markdown]
# Four steps with $\gamma = 0.9$. **Predict** each $y$ before you run the cell.

# %%
rewards = np.array([0, 1, 0, -1], np.float32)
next_q = np.array([[0.5, 2.0], [0.5, 2.0], [-3.0, -1.0], [0.5, 2.0]], np.float32)
terminated = np.array([False, False, False, True])
labels = [
    f"r = {reward:g}\nnext {low:g}, {high:g}\n{'the end' if ended else 'goes on'}"
    for reward, (low, high), ended in zip(rewards, next_q, terminated)
]
plots.bars(td_targets(rewards, next_q, terminated, 0.9), labels, title="What Q(s, a) is pulled to")

# %% [markdown]
# There are two networks now. The **online network** is the one that learns and plays. The **target network** is its
# copy that stands still, and its values make $y$ (section 5 has more of it). Papers call the parameters of the first
# θ, and those of the second θ⁻. The **TD error** (or Bellman error) is
#
# $$\delta = y - Q_\theta(s, a), \qquad y = r + \gamma \max_{a'} Q_{\theta^-}(s', a')$$
#
# The square of $\delta$ would be a loss, but then an error of 10 pulls ten times as hard as an error of 1, and one odd
# batch throws the weights about. The paper clips the error to [−1, 1], and that is the **Huber loss**: $\delta^2 / 2$
# for errors up to 1, and from there a straight line, whose slope is 1. (Clipping the *squared loss* instead is a
# famous mistake: beyond the edge its slope is 0, and the largest errors teach nothing at all.)
#
# Only the action that was taken gets an error. About the others this step says nothing.
#
# And no gradient may reach the target network: $y$ is a number that the online network should come to, not the other
# way round.
#
# ### Exercise 3.7: the loss (5 minutes)
#
# Three things of Chainer's help: `F.select_item(q, actions)` takes from each row of (B, A) the value of one action;
# `F.huber_loss(q, targets, delta=1.0, reduce="no")` gives one loss for each row; and inside
# `with chainer.no_backprop_mode():` no graph is written down, so no gradient comes back.


# %% exercise="dqn_loss"
def dqn_loss(online_network, target_network, batch, gamma):
    """The mean Huber loss (delta 1) of the TD errors of the actions that were taken: a Variable.

    `batch` is a Transition of arrays: state, action, reward, next_state, terminated. Both networks
    take the states as they are. No gradient reaches the target network, and `backward` is left to
    the caller.
    """
    ### BEGIN SOLUTION
    with chainer.no_backprop_mode():
        next_q = target_network(batch.next_state).array
    targets = td_targets(batch.reward, next_q, batch.terminated, gamma)
    q = F.select_item(online_network(batch.state), batch.action)
    return F.mean(F.huber_loss(q, targets, delta=1.0, reduce="no"))
    ### END SOLUTION


# %% check="dqn_loss"
check(dqn_loss)

# %% [markdown]
# What does an error teach? Here is a network that says a single number, 0, and a target that is more and more wrong.
# Your loss is drawn with two others. The second picture is what counts: how hard each of them **pulls**, the slope.


# %%
class OneNumber(chainer.Chain):
    """A network with one parameter, its opinion on everything."""

    def __init__(self, value):
        super().__init__()
        with self.init_scope():
            self.value = chainer.Parameter(np.full((1, 1), value, np.float32))

    def forward(self, states):
        return F.broadcast_to(self.value, (len(states), 1))


def loss_and_pull(error):
    """Your loss of one step whose TD error is `error`, and how hard it pulls Q."""
    network = OneNumber(0.0)
    state = np.zeros((1, 1), np.uint8)
    reward, ended = np.array([error], np.float32), np.array([True])
    loss = dqn_loss(
        network, OneNumber(0.0), Transition(state, np.zeros(1, np.int32), reward, state, ended), 0.9
    )
    network.cleargrads()
    loss.backward()
    return [float(loss.array), -float(network.value.grad[0, 0])]


errors = np.linspace(-3, 3, 61, dtype=np.float32)
losses, pulls = np.array([loss_and_pull(error) for error in errors]).T
inside = np.abs(errors) < 1
display(
    plots.lines(
        errors,
        {
            "squared": errors**2 / 2,
            "yours": losses,
            "clipped square": np.minimum(errors**2 / 2, 0.5),
        },
        title="Three losses",
        xlabel="TD error δ",
        ylim=(-0.1, 4),
    )
)
plots.lines(
    errors,
    {"squared": errors, "yours": pulls, "clipped square": np.where(inside, errors, 0)},
    title="How hard they pull",
    xlabel="TD error δ",
    ylim=(-3.1, 3.1),
)

# %% [markdown]
# Beyond 1 the clipped square does not pull at all: flat. Yours pulls with 1, however wrong it was.

# %% [markdown]
# ## 5. The parts that move
# *You are here: minute 36 of 50. This section takes 7 minutes, 6 of them for exercises 3.8 and 3.9.*
#
# The online network learns at every **update**, a step of the optimizer on one batch. The target network is made anew
# every so many updates. Between two copies the targets do not move, and learning is what session 2 did: a regression.
#
# Say what you count. The paper syncs every 10,000 *updates*, the code that came with it every 10,000 *steps*, which
# are 2,500 updates. Here it is updates.
#
# ### Exercise 3.8: a target that stands still (3 minutes)


# %% exercise="sync_target"
def sync_target(online_network, target_network):
    """Let the target network take over all parameters of the online network, as a copy."""
    ### BEGIN SOLUTION
    target_network.copyparams(online_network)
    ### END SOLUTION


# %% check="sync_target"
check(sync_target)


# %% exercise="should_sync"
def should_sync(update, period):
    """Whether to sync after this update. Updates are counted from 1; with period 1000 it is True
    at 1000, 2000 and so on.
    """
    ### BEGIN SOLUTION
    return update % period == 0
    ### END SOLUTION


# %% check="should_sync"
check(should_sync)

# %% [markdown]
# The smallest world in which a target moves: one state that leads to itself, with a reward of 0.1 each time and
# $\gamma = 0.9$. Its value is $0.1 + 0.09 + 0.081 + \dots = 1$. The online network says one number and moves a
# twentieth of the way to $y$ in each update; the target network follows every 60 updates, by your two functions.

# %%
online, target = OneNumber(0.0), OneNumber(0.0)
q_values, targets = [], []
for update in range(1, 601):
    y = 0.1 + 0.9 * target.value.array[0, 0]
    online.value.array += 0.05 * (y - online.value.array)
    if should_sync(update, 60):
        sync_target(online, target)
    q_values.append(online.value.array[0, 0])
    targets.append(y)
plots.lines(
    np.arange(1, 601),
    {"y": targets, "Q": q_values},
    title="A target that stands still for 60 updates",
    xlabel="update",
    ylabel="value",
)

# %% [markdown]
# A stair. On each step $Q$ comes nearly to rest at a $y$ that does not move; then $y$ goes one step up. It is slow: ten
# steps bring it to 0.63 of its 1. That is the price for a target that stands still.

# %% [markdown]
# Acting is exercise 1.9 with a network in it. It happens at every step, so it should cost no more than it must: no
# pass through the network for a random action, and no graph for a pass that nobody will differentiate.
#
# ### Exercise 3.9: act (3 minutes)
#
# The network takes batches. Make your stack a batch of one, and leave it uint8.


# %% exercise="act"
def act(online_network, stack, epsilon, rng):
    """An action, an int: any of `online_network.n_actions` with probability epsilon, else the
    best one for `stack`, a single state without a batch axis.

    A random action takes no forward pass, and a forward pass builds no graph.
    """
    ### BEGIN SOLUTION
    if rng.random() < epsilon:
        return int(rng.integers(online_network.n_actions))
    with chainer.no_backprop_mode():
        q = online_network(stack[None]).array[0]
    return int(q.argmax())
    ### END SOLUTION


# %% check="act"
check(act)

# %% [markdown]
# Six actions, and a network that likes the third one, RIGHT, best. **Predict.** With $\varepsilon = 0.1$, how often
# will your `act` go right? Then move the slider.


# %%
class LikesRight(chainer.Chain):
    """Gives RIGHT the value 1 and everything else 0, whatever it sees."""

    n_actions = 6

    def forward(self, states):
        return chainer.Variable(np.tile(np.float32([0, 0, 1, 0, 0, 0]), (len(states), 1)))


rng, rows, titles = np.random.default_rng(0), [], []
for epsilon in (0, 0.1, 0.25, 0.5, 0.75, 1):
    chosen = [act(LikesRight(), np.zeros((4, 84, 84), np.uint8), epsilon, rng) for _ in range(300)]
    rows.append(np.bincount(chosen, minlength=6) / len(chosen))
    titles.append(f"ε = {epsilon}: 300 actions")
labels = ["NOOP", "FIRE", "RIGHT", "LEFT", "RIGHT\n+ FIRE", "LEFT\n+ FIRE"]
plots.bar_scrubber(rows, labels, titles, "ε", start=1, ylabel="share of actions")

# %% [markdown]
# $1 - \varepsilon + \varepsilon / 6$: a random action may be the best one too.

# %% [markdown]
# ## 6. The loop
# *You are here: minute 43 of 50. This section takes 7 minutes, 5 of them for exercise 3.10.*
#
# Algorithm 1 of the paper, line by line, and who does it:
#
# | Algorithm 1 | yours |
# |---|---|
# | initialise replay memory, $Q$, and $\hat Q$ as its copy | `ReplayMemory`, `QNetwork`, `copy.deepcopy` |
# | with probability ε a random action, else the best one | `epsilon_at`, `act` |
# | play it, store the transition | `env.step`, `memory.add` |
# | draw a batch, set $y$ | `memory.sample`, `td_targets` |
# | a gradient step on $(y - Q)^2$, with the error clipped | `dqn_loss`, Chainer's optimizer |
# | every $C$ updates $\hat Q = Q$ | `should_sync`, `sync_target` |
#
# ($\hat Q$ is the paper's sign for the target network, and $C$ for its period.)
#
# The check plays it in five **probes**: worlds of a few steps whose true values are known, each of which only works
# if one certain piece does. In a sixth world the clock stops every step: truncated, and not terminated. A probe tells a
# bug from impatience within a second. Pong would take minutes to say the same.
#
# ### Exercise 3.10: the loop (5 minutes)


# %% exercise="train"
def train(
    env,
    steps,
    network,
    memory,
    rng,
    *,
    gamma=0.99,
    batch_size=32,
    learning_rate=1e-3,
    learning_starts=500,
    steps_per_update=4,
    target_sync_updates=250,
    epsilon_start=1.0,
    epsilon_end=0.05,
    epsilon_decay_steps=10_000,
):
    """Algorithm 1 of Mnih et al. 2015: play `steps` steps of `env`, and learn from them.

    Each step acts ε-greedily and stores a Transition, with `terminated` alone. An episode that
    terminated or was truncated is followed by a reset. From step `learning_starts` on, one step in
    `steps_per_update` is followed by an update: Adam with `learning_rate`, on the loss of a batch
    of `batch_size`. After every `target_sync_updates` updates the target network is made anew. ε
    goes from `epsilon_start` to `epsilon_end` in `epsilon_decay_steps` steps.

    `network` learns in place, and `memory` keeps what it has. Returns the returns of all episodes
    that ended, a list of floats, not discounted.
    """
    ### BEGIN SOLUTION
    target_network = copy.deepcopy(network)
    optimizer = chainer.optimizers.Adam(learning_rate).setup(network)
    update = 0
    returns, return_so_far = [], 0.0
    state, info = env.reset(seed=int(rng.integers(2**31)))
    for step in range(steps):
        epsilon = epsilon_at(step, epsilon_start, epsilon_end, epsilon_decay_steps)
        action = act(network, state, epsilon, rng)
        next_state, reward, terminated, truncated, info = env.step(action)
        memory.add(Transition(state, action, reward, next_state, terminated))
        return_so_far += reward
        state = next_state

        if step >= learning_starts and step % steps_per_update == 0:
            batch = memory.sample(batch_size, rng)
            loss = dqn_loss(network, target_network, batch, gamma)
            network.cleargrads()
            loss.backward()
            optimizer.update()
            update += 1
            if should_sync(update, target_sync_updates):
                sync_target(network, target_network)

        if terminated or truncated:
            returns.append(return_so_far)
            return_so_far = 0.0
            state, info = env.reset()
    return returns
    ### END SOLUTION


# %% check="train"
check(train)

# %% [markdown]
# What each probe can tell you, when its value is wrong:
#
# | probe | if only this one fails |
# |---|---|
# | cut short (in the check alone) | the target stops where only the clock ran out: `truncated` was stored as the end |
# | constant reward | the loss or the optimizer; or the target goes on after the end |
# | reward by observation | the state does not reach the network: shape, scale, the same array stored twice |
# | delayed reward | the bootstrap: $\gamma$, the next state, the target network |
# | reward by action | the action in the loss, or it never explores |
# | reward by both | rows of a batch that do not belong together |

# %%
import time

from workshop.envs.probes import PROBES


class SmallNetwork(chainer.Chain):
    """One hidden layer, for worlds of a few pixels."""

    def __init__(self, n_pixels, n_actions):
        super().__init__()
        self.n_actions = n_actions
        with self.init_scope():
            self.hidden = L.Linear(n_pixels, 48)
            self.out = L.Linear(48, n_actions)

    def forward(self, states):
        h = states.reshape(len(states), -1).astype(np.float32) / 255
        return self.out(F.relu(self.hidden(h)))


settings = {
    "gamma": 0.5,
    "batch_size": 16,
    "learning_rate": 5e-3,
    "learning_starts": 50,
    "steps_per_update": 1,
    "target_sync_updates": 20,
    "epsilon_decay_steps": 10**9,  # all actions at random
}
started, labels, learned, true = time.perf_counter(), [], [], []
for number, probe in enumerate(PROBES, 1):
    env = probe()
    network = SmallNetwork(1, int(env.action_space.n))
    train(env, 400, network, ReplayMemory(400), np.random.default_rng(0), **settings)
    for pixel, values in probe.values.items():
        q = network(np.full((1, 1, 1), pixel, np.uint8)).array[0]
        for action, value in enumerate(values):
            labels.append(f"{number}\n{'white' if pixel else 'black'}\n{action}")
            learned.append(q[action])
            true.append(value)
plots.bars(
    learned,
    labels,
    title=f"Probe, pixel, action: your Q after {time.perf_counter() - started:.0f} s",
    expected=true,
    number="{:.1f}",
)

# %% [markdown]
# **Catch** is the next step: a ball falls, a paddle has to be there, and the only reward comes at the end, 1 or −1.
# Your agent sees pixels, 6 × 6 of them, and has never heard of balls. **Predict.** After how many games does it catch
# most of them?

# %%
settings = {
    "gamma": 0.9,
    "learning_rate": 2e-3,
    "learning_starts": 200,
    "steps_per_update": 2,
    "target_sync_updates": 50,
    "epsilon_decay_steps": 1500,
}
catch = gym.make("workshop/Catch-v0", rows=6, columns=6)
network = SmallNetwork(36, 3)
started = time.perf_counter()
returns = train(catch, 3500, network, ReplayMemory(3500), np.random.default_rng(0), **settings)
seconds = time.perf_counter() - started
plots.learning_curve(
    returns, optimum=1, ylim=(-1.1, 1.3), title=f"Your agent learns Catch in {seconds:.0f} s"
)

# %% [markdown]
# That is DQN, and all of it is yours.

# %% [markdown]
# ## Your pieces, our speed
# *Two minutes of yours; the rest is waiting.*
#
# In published runs on pictures of this size, plain DQN needed 600,000 updates and more to play Pong well, and Chainer
# as it is takes about a tenth of a second for one: your loop would be busy for most of a day. What it lacks is speed,
# and two tricks that sections 8 and 9 tell of: targets that look several steps ahead, and more contrast in what the
# network sees. The engine has all that. So put your pieces into it.
#
# First Catch again, now 8 × 5 cells on 84 × 84 pixels, with your `QNetwork` and your `ReplayMemory`: 200 to 500
# updates, 5 to 10 seconds of a free core.

# %% needs="engine"
own_pieces.train_catch()

# %% [markdown]
# Then Pong. **Predict.** Which of your pieces is slowest beside the engine's, and does it matter? The table says how
# many milliseconds each takes for an update, which is a batch of 32 and eight steps of the games.

# %% needs="engine"
own_pieces.train_pong(minutes=50)

# %% needs="engine"
own_pieces.watch()

# %% [markdown]
# How long does it take? Plain answers, such as an attendee writes, seed 0, on two cores of an AMD EPYC, with a test
# run beside it that had to wait: −13 in the test games after 3 minutes, where chance gives −20.7, and +17 after 6; the
# human of the paper has 9.3. On the same machine, beside other trainings and tests, they took 56 minutes to +9.8. What
# counts is updates, and a busy laptop makes fewer. (`benchmarks/README.md` has every figure. It was one seed, five
# games a test; yours will differ.)
#
# The blue band is where a training should be by now, whatever the speed of your laptop: it counts updates. If yours is
# below it, the sentence under the picture says what to do. And if your laptop is slow, do not wait for it:
#
# | in a terminal, in the folder of the kit | |
# |---|---|
# | `.venv/bin/workshop play --pretrained pong` | makes a film of an agent that is trained already |
# | `.venv/bin/workshop train pong --minutes 15` | trains the engine's own smaller agent, with your pieces in none of it: past the 9.3 of a human after 3 to 4 minutes on two cores of an AMD EPYC |
# | `.venv/bin/workshop train pong --pieces notebooks/session_3_dqn.ipynb` | trains with the pieces of your saved notebook |
#
# A piece of the engine's in place of yours: `own_pieces.train_pong(use={"preprocess": "ours"})`. The end:
# `own_pieces.stop()`.

# %% [markdown]
# ## 7. An agent that is trained already
# *For the break, or while yours is training: 5 minutes, nothing to write.*
#
# Your laptop is slow, or somebody needs it? This agent came with the kit. It is DQN with two improvements of section 8
# (double DQN, 5-step returns), small frames of 40 × 40 and more contrast, trained from nothing in 12 minutes on two
# cores. Its card, `workshop/dqn/trained/pong.json`, has every setting, the command and its scores.

# %%
from workshop.dqn.play import play
from workshop.dqn.trained import load_player

agent = load_player("pong")
trained = list(islice(play(agent, epsilon=0.01, seed=0), 400))  # steps; one action in 100 at random
at_random = list(islice(play(agent, epsilon=1.0, seed=0), 400))
games = {
    name: [(moment.screen, f"points {moment.score:+d}".replace("-", "−")) for moment in moments]
    for name, moments in {"at random": at_random, "trained for 12 minutes": trained}.items()
}
plots.video(games, caption="400 steps of Pong. Both play the green paddle on the right.")

# %% [markdown]
# What does it think meanwhile? Beside the game are its values $Q(s, a)$, a bar an action, and below them how $V(s) =
# \max_a Q(s, a)$ went so far. A point for it is worth 1 when it falls, and less the longer it takes. **Predict.** When
# does $V$ rise: when the point falls, or before? Press Play, or take the slider with the arrow keys.

# %%
from workshop.dqn.video import Panel

scores = np.array([moment.score for moment in trained])
point = int(np.flatnonzero(np.diff(scores) > 0)[0]) + 1  # the step after its first point
panel = Panel(agent.actions, "Pong, the kit's agent")
pictures = [np.asarray(panel.draw(moment)) for moment in trained[: point + 6]]
captions = [
    f"step {step}: V(s) = {moment.q_values.max():.2f}, points {moment.score:+d}".replace("-", "−")
    for step, moment in enumerate(trained[: point + 6])
]
last = slice(-48, None)
plots.film(pictures[last], captions[last], width=620, milliseconds=150)

# %% [markdown]
# Thirty steps before. It hits the ball so that the other one will not reach it, and $V$ jumps from 0.9 to 1.5. It goes
# on to 2, more than this one point, for others will follow; when the point has fallen, it is back at 0.8. It knows a
# stroke that wins when it has made it.
#
# And what does it look at? Nobody told it what a ball is. Cover a small patch of what it sees by the grey of the
# background, and see how far its values move; then the next patch. (Zeiler and Fergus did this to photographs in 2014.
# Greydanus and others did it to agents that play Atari in 2018, and blurred the patch.) **Predict** the places that
# matter most.

# %%
from workshop.dqn.saliency import occlusion

moment = trained[point - 30]
heat = occlusion(agent.q_values, moment.state, patch=5)
plots.saliency(moment.screen, heat, crop=agent.rules["crop"], title="What the agent looks at")

# %% [markdown]
# The ball, by far, and then the other paddle, which must not reach it. Its own paddle hardly counts just now: it has
# done its part.
#
# ## 8. Better than in 2015 ★
# *For whoever is early, and for home: 22 minutes.*
#
# The maximum in $y$ takes the luckiest of several noisy numbers, so DQN promises itself too much. **Double DQN** (van
# Hasselt and others, 2016) asks two networks: the online network which action, the target network what it is worth.
#
# ### Exercise 3.11★: double DQN (3 minutes)


# %% exercise="double_dqn_targets"
def double_dqn_targets(rewards, online_next_q, target_next_q, terminated, gamma):
    """As td_targets, (B,) float32, but the online network selects the next action, and the target
    network says what it is worth. Both tables are (B, A).
    """
    ### BEGIN SOLUTION
    selected = online_next_q.argmax(axis=1)
    next_values = target_next_q[np.arange(len(selected)), selected]
    return (rewards + gamma * np.where(terminated, 0, next_values)).astype(np.float32)
    ### END SOLUTION


# %% check="double_dqn_targets"
check(double_dqn_targets)

# %% [markdown]
# A world in which nothing is worth anything: every reward and every true value is 0. The two networks do not know.
# What they say is noise, with mean 0 and standard deviation 1. **Predict.** What is the mean target of DQN with 6
# actions? And with 18?

# %%
rng, counts = np.random.default_rng(0), np.arange(1, 19)
nothing, goes_on = np.zeros(4000, np.float32), np.zeros(4000, bool)
means = {"DQN": [], "double": []}
for count in counts:
    online_q, target_q = rng.standard_normal((2, 4000, count), dtype=np.float32)
    means["DQN"].append(td_targets(nothing, target_q, goes_on, 1.0).mean())
    targets = double_dqn_targets(nothing, online_q, target_q, goes_on, 1.0)
    means["double"].append(targets.mean())
plots.lines(
    counts,
    means,
    title="Mean target where the truth is 0",
    xlabel="number of actions",
    ylabel="mean y",
)
print(f"DQN with 6 actions {means['DQN'][5]:.2f}, with 18 actions {means['DQN'][17]:.2f}")

# %% [markdown]
# The two networks of a real agent are copies of each other now and then, and not as independent as these. So double DQN
# takes a part of the excess away, and not all of it.

# %% [markdown]
# In many states it hardly matters what you do. **Dueling** networks (Wang and others, 2016) say separately how good
# the state is, $V$, and how much better each action is than the others, its **advantage** $A$. Their sum alone could be
# split in many ways, so the mean of $A$ is taken off. (In shapes, A stays the number of actions.)
#
# ### Exercise 3.12★: dueling (2 minutes)


# %% exercise="dueling_q"
def dueling_q(value, advantages):
    """V + A − mean A, the mean over the actions: (B, 1) and (B, A) to (B, A).

    Arrays give an array. Variables give a Variable, and the gradient flows through all of it.
    """
    ### BEGIN SOLUTION
    if isinstance(advantages, chainer.Variable):
        mean = F.mean(advantages, axis=1, keepdims=True)
    else:
        mean = advantages.mean(axis=1, keepdims=True)
    return value + (advantages - mean)
    ### END SOLUTION


# %% check="dueling_q"
check(dueling_q)

# %% [markdown]
# Is it true that it hardly matters what you do? Ask the trained agent of section 7. For each step take the mean of its
# values as $V$ and the rest as $A$; your function puts them together again. Then look at the gap between the best and
# the worst action.

# %%
q_values = np.array([moment.q_values for moment in trained[:250]])
value = q_values.mean(axis=1, keepdims=True)
advantages = q_values - value
print("put together again:", np.allclose(dueling_q(value, advantages), q_values, atol=1e-5))
gap = q_values.max(axis=1) - q_values.min(axis=1)
small = 100 * np.mean(gap < 0.1)
print(f"the gap is below 0.1 in {small:.0f} of 100 steps; the largest is {gap.max():.2f}")
plots.lines(
    np.arange(250),
    {"V": value[:, 0], "gap": gap},
    title="How good it is, and how much the action matters",
    xlabel="step of the game",
)

# %% [markdown]
# For most of the time the gap is small. Then the ball arrives, and for a few steps the action is all that matters. A
# network that says $V$ apart learns it from every step, whichever action was taken.

# %% [markdown]
# Not every step teaches as much. **Prioritised replay** (Schaul and others, 2016) draws steps with large TD errors
# $\delta$ more often, and makes up for it: what is drawn more often than its share counts less. $\alpha$ says how much
# the errors count (0: all steps alike), and $\beta$ how fully it is made up for (1: fully). The $\epsilon$ here is a
# small number above 0, so that a step without an error may be drawn again.
#
# ### Exercise 3.13★: prioritised replay (5 minutes)


# %% exercise="priority_probabilities"
def priority_probabilities(td_errors, alpha, epsilon):
    """How likely each transition is drawn: (|δ| + ε) to the power α, divided by the sum of all.

    td_errors (N,), of any sign; returns (N,).
    """
    ### BEGIN SOLUTION
    priorities = (np.abs(td_errors) + epsilon) ** alpha
    return priorities / priorities.sum()
    ### END SOLUTION


# %% check="priority_probabilities"
check(priority_probabilities)


# %% exercise="importance_weights"
def importance_weights(probabilities, beta):
    """The weights that make up for drawing by priority: (N p) to the power −β, divided by the
    largest of them. probabilities (N,), the p of N transitions; returns (N,).
    """
    ### BEGIN SOLUTION
    weights = (len(probabilities) * probabilities) ** -beta
    return weights / weights.max()
    ### END SOLUTION


# %% check="importance_weights"
check(importance_weights)

# %% [markdown]
# Real TD errors, of the trained agent's game. **Predict.** If only the size of the error counted ($\alpha = 1$), how
# many of all draws would go to the tenth of the steps with the largest errors?

# %%
rewards = np.diff(scores)
values = np.array([moment.q_values.max() for moment in trained])
chosen = np.array([moment.q_values[moment.action] for moment in trained])
td_errors = rewards + 0.99 * values[1:] - chosen[:-1]
largest_first = np.argsort(-np.abs(td_errors))
shares, at = {}, np.arange(51)
for alpha in (0.0, 0.6, 1.0):
    probabilities = priority_probabilities(td_errors, alpha, 0.01)
    drawn = np.concatenate([[0], np.cumsum(probabilities[largest_first])])
    shares[f"α = {alpha}"] = 100 * np.interp(at, np.linspace(0, 100, len(drawn)), drawn)
    weights = importance_weights(probabilities, 1.0)
    tenth = 100 * drawn[len(td_errors) // 10]
    print(f"α = {alpha}: {tenth:.0f} of 100 draws; the smallest weight is {weights.min():.3f}")
plots.lines(
    at,
    shares,
    title="Who is drawn",
    xlabel="steps, largest error first (of 100)",
    ylabel="share of all draws (of 100)",
)

# %% [markdown]
# In Pong a point comes some tens of steps after the stroke that won it, and one-step targets carry it back one step
# at a time. Add up **n** real rewards first, and it travels n steps at once. In the runs that others have published
# it is what separates fast ones from slow ones most clearly; the kit's laptop preset takes n = 5.
#
# ### Exercise 3.14★: n steps at once (4 minutes)


# %% exercise="n_step_target"
def n_step_target(rewards, terminated, bootstrap, gamma):
    """r_0 + γ r_1 + … + γ^(n−1) r_(n−1) + γ^n bootstrap, as a float.

    rewards and terminated are arrays (n,); bootstrap is the value of the state after the n steps.
    The sum ends with the first terminal step; then nothing follows, the bootstrap neither.
    """
    ### BEGIN SOLUTION
    target = bootstrap
    for reward, ended in zip(rewards[::-1], terminated[::-1]):
        target = reward if ended else reward + gamma * target
    return float(target)
    ### END SOLUTION


# %% check="n_step_target"
check(n_step_target)

# %% [markdown]
# A corridor of 20 steps, and a reward of 1 behind the last. An agent walks through it four times with an empty table,
# $\gamma = 0.95$, and takes over each target that your function gives. **Predict.** From how many steps away does it
# see the reward?

# %%
length, tables = 20, {}
for n in (1, 3, 5):
    table = np.zeros(length + 1)  # the value of each place; behind the last it is 0
    for walk in range(4):
        for place in range(length):  # in the order of the walk, as it happens
            end = min(place + n, length)
            rewards = np.array([float(step == length - 1) for step in range(place, end)])
            ended = np.array([step == length - 1 for step in range(place, end)])
            table[place] = n_step_target(rewards, ended, table[end], 0.95)
    tables[f"n = {n}"] = table[:length][::-1]
plots.lines(
    np.arange(1, length + 1),
    tables,
    title="After four walks",
    xlabel="steps until the reward",
    ylabel="value",
)

# %% [markdown]
# With $n = 1$ the reward came back four steps, with $n = 3$ twelve, and with $n = 5$ all twenty. It is not free: the
# $n$ rewards are those of whoever played then, random moves included, and a long sum of them varies more.

# %% [markdown]
# ### Exercise 3.15★: find the bug (8 minutes)
#
# Six agents played Catch, and each has one fault in its code. No message says so: every one of them runs to the end.
# All that you have are the curves of their training, and those of a healthy agent beside them. It is what you will
# have with Pong. (Grading adds agents with the same faults and other random numbers.)

# %%
from workshop.dqn import faulty_curves

agents = faulty_curves.load()  # name of the fault -> a list of agents, each a dict of curves
for fault, meaning in faulty_curves.FAULTS.items():
    print(f"{fault}: {meaning}")
print()
for curve, meaning in faulty_curves.CURVES.items():
    print(f"{curve}: {meaning}")

# %% [markdown]
# One agent for each fault, and the healthy one on top; the number in each picture is the last value. **Predict** before
# you write any code: for each fault, which curve gives it away?

# %%
order = [faulty_curves.HEALTHY, *faulty_curves.FAULTS]
plots.curve_grid({fault: agents[fault][0] for fault in order}, title="Seven agents that play Catch")


# %% exercise="find_the_bug"
def find_the_bug(curves):
    """The fault of an agent, one of the six names above, from its curves: a dict, the name of a
    curve to an array (T,).
    """

    ### BEGIN SOLUTION
    def late(name):
        """The mean of the last quarter of a curve."""
        curve = curves[name]
        return curve[-(len(curve) // 4) :].mean()

    if curves["epsilon"][-1] > 0.5:
        return "epsilon_never_falls"
    if curves["target_distance"].max() == 0:
        return "network_never_updated"
    if curves["target_distance"].min() > 0:  # right after a sync it would be 0
        return "target_never_synced"
    if late("loss") > 0.05:
        return "learning_rate_too_high"
    if late("q_mean") > 1:  # no return is above 1
        return "terminated_ignored"
    return "reward_lost_at_the_end"
    ### END SOLUTION


# %% check="find_the_bug"
check(find_the_bug)

# %% [markdown]
# ## 9. Dirty tricks, and what DQN is sensitive to ★
# *To read at home: 8 minutes, nothing to write.*
#
# No paper's algorithm plays Atari without tricks. Each of these was measured by `benchmarks/dirty_tricks.py`, with a
# random player or with the agent of section 7; `benchmarks/results/dirty_tricks.json` has every figure.
#
# | trick | why | measured |
# |---|---|---|
# | **Rewards are clipped** to −1, 0, 1 | one learning rate for all games | see the picture below; on Catch, rewards × 100 take the mean return from 0.97 to −0.12 |
# | **Frame skip**: an action is held for four screens | a quarter of the passes; and random moves lead somewhere | in five seconds a random player's paddle covers 91 pixels with a new action every screen, and 133 with every fourth |
# | **The brighter of two screens** | sprites flicker | exercise 3.1: 194 and 1,416 pixels lit, 1,442 in both |
# | **No-ops**: an episode begins with 1 to 30 screens of doing nothing | a console rolls no dice: the same actions give the same game | ten games of the kit's agent without random actions: without no-ops ten times the same game, with them four different ones |
# | **A lost life ends the return**, though not the game | a mistake costs at once | 5,000 steps of Breakout at random: 149 ends instead of 29 |
# | **FIRE** at the start, in games where it serves the ball | else nothing ever happens. DeepMind did not do it: the agent has to find out | 1,000 steps of Breakout without FIRE: no point, and all five lives left |
# | **Computer vision**: crop to the field, take off the background, more contrast. The paper of 2013 crops; the rest is the kit's | what never changes hides what does | after 42,000 updates the games in training stood at −8.65 with all three and at −21.0 with the crop alone (one run each, `benchmarks/results/preset_search`) |
# | **A test has its own rules**: ε 0.05, no-ops, never sticky actions | scores compare only under the same | the kit's agent, mean of ten games: 17.9 with ε 0.05, 4.3 with ε 0.2, and 0.6 with ε 0.05 and sticky actions (by chance the console takes the last action again), for which it was not trained |
#
# The first one in numbers. **Predict.** In Pong a step brings 1 at most. And in the three others?

# %%
largest = {}
for game in ("pong", "seaquest", "qbert", "space_invaders"):
    console, rng = make_emulator("ale-py", game, seed=0), np.random.default_rng(0)
    console.reset()
    rewards = []
    for _ in range(1500):
        action = rng.choice(console.minimal_actions)
        rewards.append(sum(console.act(action) for _ in range(4)))
        if console.game_over():
            console.reset()
    largest[game.replace("_", "\n")] = np.abs(rewards).max()
plots.bars(
    list(largest.values()),
    list(largest),
    title="The largest reward that a random player gets",
    ylabel="|r| of a step",
    number="{:.0f}",
)

# %% [markdown]
# A rate that is right for errors of 1 is far off for errors of 30. With the sign alone, a reward is −1, 0 or 1 in every
# game. What it costs: the agent cannot tell a large prize from a small one.
#
# ### What it is sensitive to
#
# One agent, one setting changed at a time, on Catch with 6 × 6 cells. Every row has several seeds, that is, nothing but
# other random numbers. **Predict** three rows that ruin it, and three that do not matter. (155 trainings;
# `benchmarks/catch_sensitivity.py` made the figures.)

# %%
from workshop.dqn import sensitivity

plots.ranges(
    sensitivity.load(),
    title="Catch after 4,000 steps: mean return without random actions",
    xlabel="a dot for each seed, a diamond and a number for their mean",
    reference="as it is",
)

# %% [markdown]
# Read it from the top. (A paddle that never moves has −0.67 in the mean.)
#
# - **The seed.** Twenty agents differ in nothing but their random numbers, and end between 0.66 and 1.00. Who compares
#   two settings by one run each compares two seeds. Pong is no better: three trainings of the kit stood at 1.5, −8.3
#   and −7.1 after three minutes (`benchmarks/results/pong_minutes`). The talk that this workshop grew from tells of a day
#   on a laptop's graphics card, and of several runs until one worked. If the probes are right and Pong does not come,
#   try another seed.
# - **The mixture** matters: with the last 32 steps only, 0.64. The **target network** does not, here, where a game has
#   five steps; and synced too rarely, every 1,000 updates, it holds everything up: 0.40. One world does not tell about
#   another.
# - **The size of rewards** ruins it: × 100, −0.12. Your loss pulls with 1, however wrong it was, so a value of 100 is
#   a long way; the square is hardly better, 0.07, and the clipped square learns nothing at all. That is why rewards
#   are clipped *too*.
# - **Exploration**: none at all, 0.12. But a player that is random to the end learns a perfect policy in so small a
#   world: Q-learning learns about the best action, whoever acts (session 1).
# - **The learning rate** belongs to its optimiser, and to the steps that you have: with a tenth of it 4,000 steps are
#   not enough, with a hundred times as much nothing is learned, and plain gradient descent with the rate of Adam gets
#   nowhere.
# - **How often it learns** counts more than from how many: an update every 8 steps, 0.52; batches of 4, 0.87.
# - **What goes in**: pixels from 0 to 255 instead of 0 to 1, 0.50. Four hidden units are too few, 512 no better than
#   64.
# - **What hardly matters here**: RMSProp instead of Adam; batches of 128; batch normalisation (exercise 2.10, between
#   the layers); weight decay (weights shrink a little at each update); a gradient that is made shorter where it is
#   longer than 1; a discount of 0.5 or of 1. All end at 0.93 or above. In another world it may be these that decide.
#
# On Pong the largest single step of the kit's search was the background; then came longer returns and larger batches
# (`workshop/dqn/PRESETS.md`). Nobody finds all this by thinking. Change one thing at a time, with several seeds, and
# write down what came of it.
#
# ### Where published code went wrong
#
# Each of these ran without a message, and learned less, or nothing, or was compared with what it cannot be compared
# with. `workshop/dqn/PITFALLS.md` says what keeps the kit from each.
#
# | what | why it hurts |
# |---|---|
# | sum instead of mean over the batch | the $\epsilon$ inside the optimiser then means something else |
# | "RMSProp" of the paper taken as anybody's | it is centred (the square of the mean gradient is taken off), with 0.01 inside the root: `RMSpropGraves(lr=2.5e-4, alpha=0.95, momentum=0, eps=1e-2)` in Chainer |
# | "every 10,000" read as steps, or as updates | a factor of four: say what you count |
# | the sync inside `if step % 4 == 0` | some syncs never come |
# | an environment that resets itself | the state after the end belongs to the next episode, and becomes a next state |
# | a stack that reaches over the start of an episode, or over the newest slot of the ring | frames that never followed each other |
# | truncated taken as terminated | states near the time limit become worthless |
# | `Pong-v4` with a frame skip on top | it skips 2 to 4 screens itself, by chance |
# | a `v5` name for an old result | sticky actions, 0.25, are on |
# | ε as a share of the whole training | a longer run explores otherwise |
# | going on without the memory, the counters or ε | an old network that learns from nothing but its newest steps |
# | "solved" by the mean of the last 100 training games | it lags, and ε is in it. Measure apart, and keep the best: after nine minutes one agent of the kit had 17.75 in its training games and 2.65 in the test beside it |
# | `float(loss)` in every update | a GPU waits for it each time |

# %%
progress()
