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
# # Session 1: learning from reward
#
# Nobody tells your program what to do today. It acts, gets a reward or gets none, and finds out for itself.
#
# At the end of this session it has taught itself to drive a taxi and to push boxes. At the end of the afternoon the
# same idea, with a neural network inside, plays Pong.
#
# **How this notebook works.** Ten exercises, each a function with a gap. Replace the line that raises
# `NotImplementedError` by your own, run the cell with Shift+Enter, and run the `check` below it.
#
# | you type | you get |
# |---|---|
# | `check(f)` | ✓, or the smallest input on which `f` goes wrong, and what should have come out |
# | `hint(f)` | a hint; one more each time |
# | `solution(f)` | our answer, explained |
# | `f = borrow("f")` | our answer to go on with, for later exercises build on earlier ones |
# | `progress()` | where you are |
#
# A ✓ is followed by a picture that your function draws. Four exercises with a ★ stand at the end, for whoever is
# faster, or for the train home. Before many cells you are asked to **predict**. Say a number, then run the cell: you
# remember what surprised you.

# %%
import gym
import numpy as np

import workshop
from workshop import Transition, borrow, check, hint, progress, solution

# %%
from IPython.display import display

from workshop import plots

progress()

# %% [markdown]
# ## 1. An agent and its world
# *You are here: minute 2 of 50. This section takes 6 minutes, 4 of them for exercise 1.1.*
#
# An **agent** acts, and an **environment** answers. That is the whole stage.

# %%
plots.agent_loop()

# %% [markdown]
# At time $t$ the agent sees the **state** $s_t$ and chooses an **action** $a_t$. The environment answers with the
# **reward** $r_t$, a number, and with the next state $s_{t+1}$. One run from the start to the end is an **episode**.
#
# Many tasks fit on this stage:
#
# | task | state | action | reward |
# |---|---|---|---|
# | balance a pole on a cart | place, speed, angle, turning | push left or right | 1 for each step that it stands |
# | make a robot walk | angles and speeds of its joints | how hard each motor turns | how far it came; less for a fall |
# | play an Atari game | the screen | joystick and button | change of the score |
# | play Go | the stones on the board | where the next one goes | 1 for winning, −1 for losing, at the very end |
#
# The last row looks hopeless: one number after two hundred moves. In 2016 AlphaGo, which had learned from human games
# first and then from this one number, beat Lee Sedol, one of the best players in the world.
#
# **gym** is the plug between the two sides. Every environment has the same two calls, `reset` and `step`.

# %%
env = gym.make("CartPole-v1")
state, info = env.reset(seed=0)
action = 1  # 0 pushes to the left, 1 to the right
next_state, reward, terminated, truncated, info = env.step(action)

print("s_0 =", state)
print("s_1 =", next_state)
print(f"r_0 = {reward}, terminated: {terminated}, truncated: {truncated}, info: {info}")

# %% [markdown]
# The state of CartPole is four numbers: place and speed of the cart, angle and turning speed of the pole.
#
# `step` returns five things. Two of them say that the episode is over, and they do not mean the same:
# - `terminated`: the **task** has ended. The pole fell.
# - `truncated`: only the **clock** has run out (for CartPole after 500 steps). The pole still stands, and would have
#   gone on.
#
# Keep them apart; section 5 says why. `info` is for people who look for a bug.
#
# Three worlds, the same two calls:

# %%
frames, captions = [], []
for name in ("CartPole-v1", "Taxi-v3", "PongNoFrameskip-v4"):
    env = gym.make(name, render_mode="rgb_array")
    env.reset(seed=1)
    for _ in range(80 if "Pong" in name else 0):  # the ball comes into play after about a second
        env.step(0)
    space = env.observation_space
    shape = " × ".join(map(str, space.shape))
    states = f"{shape} numbers" if shape else f"{space.n} states"
    frames.append(env.render())
    captions.append(f"{name}\n{states}\n{env.action_space.n} actions")
plots.filmstrip(frames, captions, title="Three environments")

# %% [markdown]
# ### Exercise 1.1: play an episode (4 minutes)
#
# A **policy** is the agent's rule: a function from the state to an action. Write the loop that lets a policy play one
# episode, and keep the record. Each step becomes a `Transition(state, action, reward, next_state, terminated)`, a named
# tuple: `step.reward` is its reward.


# %% exercise="run_episode"
def run_episode(env, policy, seed):
    """Play one episode: reset `env` with `seed`, then act with `policy(state) -> action` until it
    is over.

    Returns a list with one `Transition(state, action, reward, next_state, terminated)` a step, in
    order. The episode is over when a step comes back `terminated` (the task ended) or `truncated`
    (the clock ran out).
    """
    ### BEGIN SOLUTION
    state, info = env.reset(seed=seed)
    episode = []
    terminated = truncated = False
    while not (terminated or truncated):
        action = policy(state)
        next_state, reward, terminated, truncated, info = env.step(action)
        episode.append(Transition(state, action, reward, next_state, terminated))
        state = next_state
    return episode
    ### END SOLUTION


# %% check="run_episode"
check(run_episode)

# %% [markdown]
# **Predict.** One player pushes the cart at random. Another one always pushes towards the side to which the pole leans.
# For how many steps does each of them keep the pole up?

# %%
rng = np.random.default_rng(0)


def push_at_random(state):
    return int(rng.integers(2))


def push_towards_lean(state):
    return 1 if state[2] > 0 else 0  # state[2] is the angle, positive to the right


env = gym.make("CartPole-v1")
for policy in (push_at_random, push_towards_lean):
    lengths = [len(run_episode(env, policy, seed)) for seed in range(100)]
    print(
        f"{policy.__name__}: {np.mean(lengths):.0f} steps in the mean of 100 episodes,",
        f"the longest {max(lengths)}",
    )

# %% [markdown]
# Better, and still no good. Watch one episode to see why.

# %%
env = gym.make("CartPole-v1", render_mode="rgb_array_list")
episode = run_episode(env, push_towards_lean, seed=0)
captions = [
    f"step {t}: angle {np.degrees(step.next_state[2]):+.1f}°" for t, step in enumerate(episode)
]
plots.film(env.render()[1:], captions, milliseconds=80)

# %% [markdown]
# The pole swings wider every time. Where it leans is not all that counts: how fast it turns counts too. You could now
# think hard and write a better rule. Today the program finds the rule.
#
# The same loop plays Pong. Here the state is the screen itself: 210 × 160 pixels in three colours. You are on the
# right, in green, and you play at random.

# %%
env = gym.make("PongDeterministic-v4", max_episode_steps=150)
episode = run_episode(env, lambda state: int(rng.integers(6)), seed=0)
captions = [f"step {t}: reward {step.reward:+g}" for t, step in enumerate(episode)]
plots.film([step.next_state for step in episode], captions, width=320, milliseconds=66)

# %% [markdown]
# ## 2. Sokoban: an episode and its trace
# *You are here: minute 8 of 50. This section takes 7 minutes, 6 of them for exercise 1.2.*
#
# A warehouse. You push boxes onto the marked places, the **goals**. You cannot pull. You push one box at a time. One
# wrong push may lose the game, and nobody tells you.

# %%
level = gym.make("workshop/Sokoban-v0", level="pair", render_mode="rgb_array").unwrapped
level.reset(seed=0)
plan = level.best_plan()  # the shortest one, found by a search through all positions
ARROWS = "↑→↓←"
plots.filmstrip([level.render()], ["the state $s_0$ of the level 'pair'"], width=3.4)

# %% [markdown]
# An episode leaves a **trace**: $s_0, a_0, r_0, \; s_1, a_1, r_1, \; \dots, \; s_T$. The reward $r_t$ is the one that
# the action $a_t$ earned. (Some books number it $r_{t+1}$. Look before you copy a formula.)
#
# ### Exercise 1.2: the rules of Sokoban (6 minutes)
#
# You used an environment. Now write one: a single move of the game. A cell is a pair `(row, column)`, row 0 is on top.
# `MOVES` says where each action leads.

# %%
MOVES = {0: (-1, 0), 1: (0, 1), 2: (1, 0), 3: (0, -1)}  # up, right, down, left as (rows, columns)


# %% exercise="sokoban_step"
def sokoban_step(walls, goals, player, boxes, action):
    """One move of Sokoban: `walls` and `goals` are sets of (row, column), `boxes` is a frozenset
    of them.

    Returns (player, boxes, reward, terminated), boxes again a frozenset. The player walks one
    cell and pushes a box ahead of it; walls, and a box with a wall or a box behind it, block the
    move, and then nothing changes. terminated: every box stands on a goal. reward: 1.0 for the
    move that gets there, 0.0 for all others.
    """
    ### BEGIN SOLUTION
    d_row, d_col = MOVES[action]
    row, col = player
    ahead = (row + d_row, col + d_col)
    behind = (row + 2 * d_row, col + 2 * d_col)

    is_push = ahead in boxes
    if ahead in walls or (is_push and (behind in walls or behind in boxes)):
        return player, frozenset(boxes), 0.0, False
    if is_push:
        boxes = (boxes - {ahead}) | {behind}
    terminated = all(box in goals for box in boxes)
    return ahead, frozenset(boxes), 1.0 if terminated else 0.0, terminated
    ### END SOLUTION


# %% check="sokoban_step"
check(sokoban_step)

# %% [markdown]
# Your rules play the shortest plan. Read the trace below the frames. Only one reward is not zero.

# %%
level.reset(seed=0)
player, boxes, rewards = level.player, level.boxes, []
frames, captions = [level.render()], ["$s_0$"]
for t, action in enumerate(plan):
    player, boxes, reward, terminated = sokoban_step(
        level.walls, level.goals, player, boxes, action
    )
    level.player, level.boxes = player, boxes
    rewards.append(reward)
    frames.append(level.render())
    captions.append(f"$a_{{{t}}}$ {ARROWS[action]}  $r_{{{t}}}$ {reward:g}")
plots.filmstrip(frames, captions, title=f"An episode of {len(plan)} moves", columns=6)

# %% [markdown]
# **Predict.** A random player has 200 moves. In how many games of a hundred does it ever see that reward?

# %%
env = gym.make("workshop/Sokoban-v0", level="pair")
solved = [
    run_episode(env, lambda state: int(rng.integers(4)), seed)[-1].terminated for seed in range(500)
]
print(f"{100 * np.mean(solved):.0f} of a hundred")

# %% [markdown]
# A reward that comes this rarely is called **sparse**. All the agent ever learns has to grow from those few games.

# %% [markdown]
# ## 3. Return: what the agent wants
# *You are here: minute 15 of 50. This section takes 6 minutes, 5 of them for exercises 1.3 and 1.4.*
#
# A reward is for one step. What counts is all that is still to come, and sooner is better than later. So we add up the
# rewards, and each step of waiting costs a factor $\gamma$ (gamma), the **discount**, between 0 and 1. The sum is the
# **return**:
#
# $$G_0 = r_0 + \gamma\, r_1 + \gamma^2\, r_2 + \dots + \gamma^T r_T$$
#
# ### Exercise 1.3: the discounted return (2 minutes)


# %% exercise="discounted_return"
def discounted_return(rewards, gamma):
    """r_0 + gamma r_1 + gamma^2 r_2 + ... as a float. No rewards give 0.0."""
    ### BEGIN SOLUTION
    return float(sum(gamma**t * reward for t, reward in enumerate(rewards)))
    ### END SOLUTION


# %% check="discounted_return"
check(discounted_return)

# %% [markdown]
# **Predict.** With $\gamma = 0.9$, what is a reward of 1 worth that is 30 steps away? And with $\gamma = 0.99$?

# %%
weights = {
    gamma: [discounted_return([0] * t + [1], gamma) for t in range(31)]
    for gamma in (0.99, 0.9, 0.5)
}
plots.discount_weights(weights, title="What a reward of 1 is worth today")

# %% [markdown]
# The discount is how far the agent looks ahead. It also makes it hurry: the 11 moves of the best plan are worth
# $0.9^{10} \approx 0.35$, and every detour makes that less.
#
# ### Exercise 1.4: the return from every step (3 minutes)
#
# Not only the start has a return. From step $t$ on it is $G_t = r_t + \gamma r_{t+1} + \gamma^2 r_{t+2} + \dots$ Take
# the $\gamma$ out of everything but the first reward, and you find
#
# $$G_t = r_t + \gamma\, G_{t+1}$$
#
# Look at this line for a moment. Everything else this afternoon grows out of it. Here it gives you all returns in one
# pass, from the last step to the first.


# %% exercise="returns_to_go"
def returns_to_go(rewards, gamma):
    """The discounted return from every step on: a float64 array of shape (T,) for T rewards, in
    one backward pass.
    """
    ### BEGIN SOLUTION
    returns = np.zeros(len(rewards))
    later = 0.0
    for t in reversed(range(len(rewards))):
        later = rewards[t] + gamma * later
        returns[t] = later
    return returns
    ### END SOLUTION


# %% check="returns_to_go"
check(returns_to_go)

# %% [markdown]
# A whole game of Pong. It goes to 21 points, and the player is random again. **Predict.** How does it end?

# %%
# The state is the console's memory, 128 bytes: smaller than the picture.
env = gym.make("Pong-ramDeterministic-v4")
episode = run_episode(env, lambda state: int(rng.integers(6)), seed=0)
rewards = [step.reward for step in episode]
plots.rewards_and_returns(
    rewards, returns_to_go(rewards, 0.99), title="A random player's game of Pong, γ = 0.99"
)

# %% [markdown]
# See how the return falls *before* each lost point. A step long before the mistake already has a bad return.
#
# Now the **objective** fits on one line. Let $\pi$ be a policy. Find the one with the largest return on average:
#
# $$\pi^* = \arg\max_\pi \; \mathbb{E}\Big[\sum_{t \ge 0} \gamma^t\, r_t \;\Big|\; \pi\Big]$$
#
# Why the average, the $\mathbb{E}$? Because luck has its hand in it: in the start, in what the environment does, and in
# a policy that rolls dice.

# %% [markdown]
# ## 4. If you know the rules: planning
# *You are here: minute 21 of 50. This section takes 10 minutes, 8 of them for exercises 1.5 and 1.6.*
#
# Write down everything that there is to know of a world, and you have a **Markov decision process**, a tuple
# $(S, A, P, R, \gamma)$:
#
# | | | in the code |
# |---|---|---|
# | $S$ | the states | numbers 0, 1, 2 … |
# | $A$ | the actions | numbers 0, 1, 2 … |
# | $P$ | $P(s' \mid s, a)$: how likely is $s'$ next, if you do $a$ in $s$ | array `P[s, a, s']` |
# | $R$ | $R(s, a)$: the reward to expect | array `R[s, a]` |
# | $\gamma$ | the discount | `gamma` |
#
# "Markov" is a promise: the state holds all that matters for what comes next. One frame of Pong breaks it. Where is the
# ball going? (Session 3 keeps the promise by showing four frames at once.)
#
# Our Markov decision process is a grid world. Every step costs 1, that is, its reward is −1, until you reach the exit.

# %%
world = gym.make("workshop/GridWorld-v0", render_mode="rgb_array").unwrapped
world.reset(seed=0)
print(
    f"P: {world.P.shape}, R: {world.R.shape},",
    f"{world.P.size:,} numbers to describe {len(world.cells)} cells",
)
plots.filmstrip([world.render()], ["the start; the exit is at the bottom right"], width=4.6)

# %% [markdown]
# The **value** $V^\pi(s)$ of a state is the return to expect if you start there and follow the policy $\pi$. Here,
# without a discount, it is minus the number of steps to the exit.
#
# **Predict.** From the top left corner the shortest way takes 11 steps. How many does a walker take on average who goes
# up, right, down and left at random?


# %%
def policy_values(world, policy, gamma):
    """The values of a policy (S, A): one linear equation for each state, solved at once."""
    P = np.einsum("sa, sat -> st", policy, world.P) * ~world.terminal[:, None]
    R = np.sum(policy * world.R, axis=1)
    return np.linalg.solve(np.eye(len(P)) - gamma * P, R)


random_policy = np.full(world.R.shape, 0.25)
random_values = policy_values(world, random_policy, gamma=1.0)
plots.value_map(world, random_values, title="Value of every cell for a random walker, γ = 1")

# %% [markdown]
# 435 steps instead of 11. How do you do better, if you know `P` and `R`? Look one step ahead. The **action value**
# $Q(s, a)$ is the reward of the step, plus the value of where it leads to:
#
# $$Q(s, a) = R(s, a) + \gamma \sum_{s'} P(s' \mid s, a)\, V(s')$$
#
# ### Exercise 1.5: from V to Q (3 minutes)


# %% exercise="q_from_v"
def q_from_v(P, R, V, gamma):
    """Q (S, A) from the model P (S, A, S), R (S, A) and the state values V (S,): the reward plus
    what comes next.
    """
    ### BEGIN SOLUTION
    return R + gamma * P @ V
    ### END SOLUTION


# %% check="q_from_v"
check(q_from_v)

# %% [markdown]
# The random walker's values on a smaller map of 4 × 4 cells with two exits. Each cell now has four numbers, one for
# each way out, and the best one has a frame.

# %%
small = gym.make("workshop/GridWorld-v0", text_map="classic").unwrapped
small_values = policy_values(small, np.full(small.R.shape, 0.25), gamma=1.0)
plots.q_map(
    small,
    q_from_v(small.P, small.R, small_values, 1.0),
    title="One step ahead of a random walker, γ = 1",
)

# %% [markdown]
# The values are those of somebody who walks at random, and yet the frames already show the way out. That is the engine
# of this session: *look one step ahead, take the best, and you do at least as well as the policy whose values you
# used.*
#
# Do it again and again, and it stops getting better exactly when the values are those of the best policy, $V^*$. They
# solve the **Bellman equation**:
#
# $$V^*(s) = \max_a Q^*(s, a) = \max_a \Big[ R(s, a) + \gamma \sum_{s'} P(s' \mid s, a)\, V^*(s') \Big]$$
#
# ### Exercise 1.6: value iteration (5 minutes)
#
# Use the equation as a recipe: start with $V = 0$, put it in on the right, take what comes out on the left, until
# nothing changes any more. One such round is a **sweep**.


# %% exercise="value_iteration"
def value_iteration(P, R, gamma, tolerance):
    """The optimal values V (S,) of the model P (S, A, S), R (S, A), for 0 <= gamma < 1.

    Start from zeros and sweep over all states until no value changes by `tolerance` or more in a
    sweep.
    """
    ### BEGIN SOLUTION
    V = np.zeros(len(R))
    while True:
        new_V = q_from_v(P, R, V, gamma).max(axis=1)
        change = np.abs(new_V - V).max()
        V = new_V
        if change < tolerance:
            return V
    ### END SOLUTION


# %% check="value_iteration"
check(value_iteration)

# %% [markdown]
# **Predict.** Every step costs 1, and $\gamma = 0.9$. After the first sweep, which cells have their final value? After
# how many sweeps does the top left corner have it? Press Play, or move the slider.

# %%
gamma = 0.9
V = value_iteration(world.P, world.R, gamma, tolerance=1e-6)

frames, sweep = [], np.zeros(len(V))
for number in range(14):  # the same sweeps once more, one at a time
    Q = q_from_v(world.P, world.R, sweep, gamma)
    best = Q >= Q.max(axis=1, keepdims=True) - 1e-9
    done = int(np.sum(np.abs(sweep - V) < 1e-6))
    caption = f"after sweep {number}: {done} of {len(V)} values are final"
    frames.append(
        {"values": sweep, "policy": best, "title": "Value iteration, γ = 0.9", "caption": caption}
    )
    sweep = Q.max(axis=1)
plots.value_scrubber(world, frames, "sweep", start=0, milliseconds=900)

# %% [markdown]
# Knowledge walks from the exit into the maze, one cell with each sweep. The corner, 11 steps away, is right after 11
# sweeps. The last cells need 13.
#
# Nothing in your function knows what a maze is. Give it the rules of the taxi: 500 states, 6 actions. The taxi costs 1
# a step and 10 for nonsense, and brings 20 for a passenger who arrives.

# %%
taxi = gym.make("Taxi-v3").unwrapped
taxi_P, taxi_R = np.zeros((500, 6, 500)), np.zeros((500, 6))
for state in range(500):
    for action in range(6):
        for probability, next_state, reward, terminated in taxi.P[state][action]:
            taxi_R[state, action] += probability * reward
            taxi_P[state, action, next_state] += probability * (
                not terminated
            )  # nothing follows the end
taxi_V = value_iteration(taxi_P, taxi_R, gamma=1 - 1e-9, tolerance=1e-6)
print(
    f"The best taxi driver earns {taxi.initial_state_distrib @ taxi_V:.2f} a ride,",
    "the mean of all starts.",
)

# %% [markdown]
# Remember **7.93**: it is the mark that your agent is measured by in section 6.
#
# That took well under a second. Why is the session not over? Because of `P`. It needs a number for *every* state,
# action and next state:
#
# | | states | numbers in `P` | memory |
# |---|---|---|---|
# | the grid world | 28 | 3,136 | 25 kB |
# | Taxi | 500 | 1,500,000 | 12 MB |
# | Sokoban, the level "pair" | 1,352 | 7,311,616 | 58 MB |
# | Sokoban, "triangle", three boxes | 42,366 | 7,179,511,824 | 57 GB |
# | Pong | nobody has counted | nobody can write it down | |
#
# And even where it would fit: who gives you `P`? Nobody gives you the rules of the world as an array.

# %% [markdown]
# ## 5. In the fog: learning without the rules
# *You are here: minute 31 of 50. This section takes 6 minutes, 5 of them for exercises 1.7 and 1.8.*
#
# From now on the map is covered by fog. The agent knows the cells where it has been, and only what happened to it
# there.
#
# You still have one line: $G_t = r_t + \gamma\, G_{t+1}$. On average $G_t$ is $V(s_t)$. So where the values are right,
# this is zero on average:
#
# $$\delta_t = r_t + \gamma\, V(s_{t+1}) - V(s_t)$$
#
# It is the **TD error** (TD is for temporal difference), the surprise of one step: what you got and where you are now,
# against what you had expected. No $P$ in it. Where it is not zero, move the value a little towards less surprise:
#
# $$V(s_t) \leftarrow V(s_t) + \alpha\, \delta_t$$
#
# $\alpha$ (alpha) is the **learning rate**, between 0 and 1. After a step that terminated nothing follows, and there
# $V(s_{t+1})$ counts as 0.
#
# ### Exercise 1.7: the TD update (3 minutes)


# %% exercise="td_update"
def td_update(V, state, reward, next_state, terminated, alpha, gamma):
    """TD(0): a new array V (S,) in which V[state] moved by `alpha` times the TD error. The old V
    stays as it is.
    """
    ### BEGIN SOLUTION
    target = reward if terminated else reward + gamma * V[next_state]
    new_V = np.array(V, dtype=float)
    new_V[state] += alpha * (target - V[state])
    return new_V
    ### END SOLUTION


# %% check="td_update"
check(td_update)

# %% [markdown]
# A random walker enters the grid world at the top left and learns as it goes. `P` and `R` stay closed; we only use them
# to say how far the numbers are from the truth. **Predict.** After how many steps has the walker seen every cell? Are
# the numbers right by then?

# %%
env = gym.make("workshop/GridWorld-v0")
walk = [
    step
    for seed in range(100)
    for step in run_episode(env, lambda state: int(rng.integers(4)), seed)
]
truth = policy_values(world, random_policy, gamma=0.9)
V, unseen, frames = np.zeros(len(world.cells)), np.ones(len(world.cells), dtype=bool), []
for t, step in enumerate(walk):
    if t in (0, 3, 10, 30, 100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600):
        error = np.abs(V - truth).mean()
        caption = (
            f"after {t:,} steps: {np.sum(unseen)} cells in the fog, "
            f"the values are off by {error:.1f} on average"
        )
        frames.append(
            {
                "values": V.copy(),
                "unseen": unseen.copy(),
                "title": "TD, γ = 0.9",
                "caption": caption,
            }
        )
    V = td_update(V, step.state, step.reward, step.next_state, step.terminated, 0.1, 0.9)
    unseen[[step.state, step.next_state]] = False
plots.value_scrubber(world, frames, "steps", milliseconds=900)

# %% [markdown]
# The fog lifts long before the numbers are right: to have been somewhere is not to know it. Far from the exit
# everything ends at −10. That is $\gamma = 0.9$ speaking: $1 + 0.9 + 0.9^2 + \dots = 10$, and what lies beyond hardly
# counts.
#
# One thing is missing: a better policy. With `P` you could look one step ahead. Without it, $V$ says how good each
# place is, but not which action leads there. The way out: keep a value for every *action* in every state, $Q(s, a)$.
# Then
#
# - the best action is the one with the largest $Q(s, a)$: no look ahead, no $P$;
# - the value of a state is that of its best action: $V(s) = \max_a Q(s, a)$.
#
# Put that into the TD error, and you get what $Q(s_t, a_t)$ *should* have been, the **target** $y_t$:
#
# $$
# y_t = \begin{cases} r_t & \text{if the step terminated} \\ r_t + \gamma \max_a Q(s_{t+1}, a) & \text{otherwise}
# \end{cases}
# $$
#
# The first line is the detail over which many programs stumble. After the end there is no next state. What `step` hands
# you there is only the last picture, and its values mean nothing. And a *truncated* step is not the end: the task goes
# on, only your clock ran out. It takes the second line.
#
# ### Exercise 1.8: the target (2 minutes)


# %% exercise="q_target"
def q_target(reward, next_q_values, terminated, gamma):
    """What Q(s, a) should have been, as a float: the reward, plus the best of `next_q_values`
    (A,) discounted.

    After a terminal step there is no next state, and the reward is all.
    """
    ### BEGIN SOLUTION
    if terminated:
        return float(reward)
    return float(reward + gamma * np.max(next_q_values))
    ### END SOLUTION


# %% check="q_target"
check(q_target)

# %% [markdown]
# The agent has solved the Sokoban level once, by luck, and plays the same 11 moves again and again. Before, it knows
# nothing: all $Q$ are 0. **Predict.** After the first replay, how many of the 11 values are not 0?

# %%
Q_plan = np.zeros(len(plan) + 1)  # the action value of each move, and 0 after the last
rows, titles = [], []
for replay in range(len(plan) + 1):
    rows.append(Q_plan[:-1].copy())
    titles.append(f"Q of every move, γ = 0.9, replays so far: {replay}")
    for t in range(len(plan)):
        is_last = t == len(plan) - 1
        Q_plan[t] = q_target(1.0 if is_last else 0.0, np.array([Q_plan[t + 1]]), is_last, 0.9)
labels = [f"$a_{{{t}}}$ {ARROWS[action]}" for t, action in enumerate(plan)]
plots.bar_scrubber(rows, labels, titles, "replay")

# %% [markdown]
# One. The reward travels backwards, one move with every episode. That is why a sparse reward takes patience.

# %% [markdown]
# ## 6. Q-learning
# *You are here: minute 37 of 50. This section takes 11 minutes, 10 of them for exercises 1.9 and 1.10.*
#
# You have a target. What is missing is the experience. If the agent always takes the action that looks best now, it
# never finds out what the others are worth. If it always rolls dice, it never gets anywhere. **Explore or exploit?**
# The simplest answer that works is called **ε-greedy** (epsilon-greedy): with probability ε roll dice, else take the
# best.
#
# ### Exercise 1.9: ε-greedy (3 minutes)


# %% exercise="epsilon_greedy"
def epsilon_greedy(q_values, epsilon, rng):
    """An action as an int: with probability `epsilon` any of the A actions, else one with the
    largest q value.

    Equal largest values are equally likely to be taken. All randomness comes from `rng`, a
    `numpy.random.Generator`.
    """
    ### BEGIN SOLUTION
    if rng.random() < epsilon:
        return int(rng.integers(len(q_values)))
    best_actions = np.flatnonzero(q_values == np.max(q_values))
    return int(rng.choice(best_actions))
    ### END SOLUTION


# %% check="epsilon_greedy"
check(epsilon_greedy)

# %% [markdown]
# Four actions, and two of them are equally good. **Predict.** With ε = 0.2, how often of 10,000 times is each one
# taken?

# %%
q_values, epsilon = np.array([1.0, 3.0, 3.0, 0.0]), 0.2
actions = [epsilon_greedy(q_values, epsilon, rng) for _ in range(10_000)]
is_best = q_values == q_values.max()
plots.bars(
    np.bincount(actions, minlength=4) / len(actions),
    [f"{arrow}\nQ = {q:g}" for arrow, q in zip(ARROWS, q_values)],
    title="Share of 10,000 actions, ε = 0.2",
    expected=epsilon / 4 + (1 - epsilon) * is_best / is_best.sum(),
)

# %% [markdown]
# ### Exercise 1.10: Q-learning (7 minutes)
#
# Now put it all together. In every step:
#
# 1. choose $a_t$ with ε-greedy from $Q(s_t, \cdot)$, and do it;
# 2. work out the target $y_t$;
# 3. move $Q(s_t, a_t)$ a little towards it: $Q(s_t, a_t) \leftarrow Q(s_t, a_t) + \alpha\,\big(y_t - Q(s_t, a_t)\big)$.
#
# It is the algorithm of Watkins (1989). It is proven to find $Q^*$, if every action is tried in every state again and
# again and $\alpha$ shrinks; in practice a fixed $\alpha$ does. Session 3 writes it again with a network in the place
# of the table, and calls it DQN.


# %% exercise="q_learning"
def q_learning(env, episodes, alpha, gamma, epsilon, rng):
    """Learn Q (S, A), float64, from `episodes` episodes of epsilon-greedy play, starting from
    zeros.

    `env` has Discrete observation and action spaces; only its spaces, `reset` and `step` are
    used, never its model. A terminated step has no future; a truncated one does, the clock merely
    stopped us from seeing it.
    """
    ### BEGIN SOLUTION
    Q = np.zeros((env.observation_space.n, env.action_space.n))
    for _ in range(episodes):
        state, info = env.reset(seed=int(rng.integers(2**31)))
        terminated = truncated = False
        while not (terminated or truncated):
            action = epsilon_greedy(Q[state], epsilon, rng)
            next_state, reward, terminated, truncated, info = env.step(action)
            target = q_target(reward, Q[next_state], terminated, gamma)
            Q[state, action] += alpha * (target - Q[state, action])
            state = next_state
    return Q
    ### END SOLUTION


# %% check="q_learning"
check(q_learning)

# %% [markdown]
# The taxi again. This time nobody gives the agent `P`. The best driver earns 7.93 a ride. **Predict.** What does a
# beginner earn in the first rides? How many rides until it drives well? (3,000 rides take a second or two.)

# %%
env = gym.wrappers.RecordEpisodeStatistics(gym.make("Taxi-v3"), deque_size=3000)
taxi_Q = q_learning(
    env, episodes=3000, alpha=0.5, gamma=0.99, epsilon=0.1, rng=np.random.default_rng(0)
)
taxi_returns = np.array(env.return_queue).ravel()
rides = [run_episode(env, lambda state: int(taxi_Q[state].argmax()), seed) for seed in range(500)]
print(f"without dice: {np.mean([sum(step.reward for step in ride) for ride in rides]):.2f} a ride")
plots.learning_curve(
    taxi_returns, optimum=7.93, window=100, title="Q-learning drives a taxi", ylim=(-160, 25)
)

# %% [markdown]
# Why does the line stay below the optimum? Because the agent goes on rolling dice in one step out of ten. Without dice
# it comes close, as the line above the picture says.
#
# Watch it. This is another agent that learned from other dice: run the cell again with another number in `default_rng`,
# and it still gets there.

# %%
taxi_Q = q_learning(
    gym.make("Taxi-v3"), 3000, alpha=0.5, gamma=0.99, epsilon=0.1, rng=np.random.default_rng(1)
)
env = gym.make("Taxi-v3", render_mode="rgb_array_list")
ride = run_episode(env, lambda state: int(taxi_Q[state].argmax()), seed=5)
names = ("south", "north", "east", "west", "pick up", "drop off")
captions = [
    f"step {t}: {names[step.action]}, reward {step.reward:g}" for t, step in enumerate(ride)
]
plots.film(env.render(), ["the start", *captions])

# %% [markdown]
# And Sokoban, where a random player solves 9 games in a hundred, and where the only reward is at the very end. 2,000
# games take about a second. The best plan has 11 moves.

# %%
env = gym.make("workshop/Sokoban-v0", level="pair")
sokoban_Q = q_learning(
    env, episodes=2000, alpha=0.5, gamma=0.9, epsilon=0.2, rng=np.random.default_rng(0)
)

env = gym.make(
    "workshop/Sokoban-v0", level="pair", render_mode="rgb_array_list", max_episode_steps=40
)
episode = run_episode(env, lambda state: int(sokoban_Q[state].argmax()), seed=0)
captions = [
    f"step {t}: {ARROWS[step.action]}, reward {step.reward:g}" for t, step in enumerate(episode)
]
plots.film(env.render(), ["the start", *captions])

# %% [markdown]
# Nobody told it what a box is, what a goal is, or that there is a plan. It found one.
#
# Real rewards are worse than these. They are **sparse**: a game of Go says nothing for two hundred moves. And they are
# **badly scaled**: one point in Pong, thousands in another game, −1 for a second and −1000 for a crash. Exercise 1.14★
# shows what that does, and a cure that cannot do harm.

# %% [markdown]
# ## 7. Why no table plays Pong
# *You are here: minute 48 of 50. Almost there.*
#
# A table has one row for each state. But what is a state? *You* choose. Below are three situations of Videogame Rick, a
# game like Taxi: find your friend, then open the portal home. Each is written in three ways: as a number, as a few
# numbers, and as a picture.

# %%
frames, captions = [], []
for seed in range(3):
    views = {}
    for representation in ("integer", "vector", "image"):
        env = gym.make("workshop/VideogameRick-v0", representation=representation)
        views[representation], info = env.reset(seed=seed)
    frames.append(views["image"])
    shape = " × ".join(map(str, views["image"].shape))
    captions.append(f"integer {views['integer']}\nvector {views['vector']}\nimage {shape}")
plots.filmstrip(frames, captions, title="Three states of Videogame Rick, each in three ways")

# %% [markdown]
# The number is all that a table needs. But nobody hands you a number like this for Pong: you get the picture. And
# pictures are many. The screen has 210 × 160 pixels, and the console knows 128 colours:
#
# $$128^{210 \times 160} = 128^{33\,600} \text{ pictures.}$$
#
# **Predict.** How many digits does that number have?

# %%
plots.digits(
    {
        "this grid world": np.log10(28),
        "Taxi": np.log10(500),
        "Sokoban, 'triangle'": np.log10(42366),
        "atoms in the universe": 80,
        "positions of Go": 170.3,
        "screens like Pong's": 210 * 160 * np.log10(128),
    },
    title="How many states a table needs rows for",
)

# %% [markdown]
# Most of these pictures never occur in Pong. But those that do are still far too many, and a table learns nothing about
# one from another, even if the ball is only a pixel further to the left.
#
# So the table has to go, and only the table. The target, ε-greedy, the loop: they stay. In place of `Q[state]` comes a
# function that looks at a picture and *generalises* from those it knows: a neural network.
#
# ### What you can do now
#
# - speak to any environment of gym, and write one;
# - say what a return is, a value, an action value, a TD error;
# - plan when the rules are known, and learn when they are not;
# - explain why a table plays Taxi and not Pong.
#
# **Session 2** builds what takes the place of the table: a neural network, from its first gradient to convolutions that
# find the ball on a real Pong screen. **Session 3** puts the two together.

# %%
progress()

# %% [markdown]
# ---
# ## ★ More: four exercises for whoever is faster
#
# They stand on their own. Take the one that you like.
#
# ### Exercise 1.11★: a policy from a table, and how large a table can be (3 minutes)
#
# `greedy_policy` reads the best action of every state out of a table. `state_count` counts pictures, exactly: Python's
# integers have no largest one. (Careful: `print` refuses to write out more than 4,300 digits.)


# %% exercise="greedy_policy"
def greedy_policy(q_table):
    """The best action of every state as ints (S,), from Q (S, A). Of equal values the first one
    counts.
    """
    ### BEGIN SOLUTION
    return np.argmax(q_table, axis=1)
    ### END SOLUTION


# %% check="greedy_policy"
check(greedy_policy)

# %% [markdown]
# Q-learning in the grid world, 300 episodes, then the policy that its table holds. Compare with the arrows of value
# iteration above: are those right that lie on the way?

# %%
env = gym.make("workshop/GridWorld-v0")
grid_Q = q_learning(
    env, episodes=300, alpha=0.5, gamma=0.9, epsilon=0.1, rng=np.random.default_rng(0)
)
plots.value_map(
    world,
    grid_Q.max(axis=1),
    greedy_policy(grid_Q),
    title="The best action value and its action, learned",
)


# %% exercise="state_count"
def state_count(height, width, colours):
    """How many different pictures there are of height x width pixels in so many colours: an exact
    Python int.
    """
    ### BEGIN SOLUTION
    return int(colours) ** (int(height) * int(width))
    ### END SOLUTION


# %% check="state_count"
check(state_count)

# %% [markdown]
# **Predict.** Black and white pictures, 6 actions, 8 bytes for each action value. What is the largest square picture
# whose table fits into 16 GB?

# %%
for side in range(2, 9):
    table_bytes = state_count(side, side, 2) * 6 * 8
    print(
        f"{side} × {side} pixels: {state_count(side, side, 2):>26,} states,",
        f"a table of {table_bytes / 1e9:.1e} GB",
    )

# %% [markdown]
# ### Exercise 1.12★: lost, and it does not show (5 minutes)
#
# In Sokoban some positions are lost although the game goes on. The simplest such **deadlock**: a box in a corner that
# is no goal. Nobody ever gets it out again.


# %% exercise="is_deadlock"
def is_deadlock(walls, goals, boxes):
    """True exactly if some box that is on no goal stands in a corner: a wall above or below, and
    a wall left or right.

    `walls`, `goals` and `boxes` are sets of (row, column).
    """
    ### BEGIN SOLUTION
    for row, col in boxes:
        is_vertical = (row - 1, col) in walls or (row + 1, col) in walls
        is_horizontal = (row, col - 1) in walls or (row, col + 1) in walls
        if (row, col) not in goals and is_vertical and is_horizontal:
            return True
    return False
    ### END SOLUTION


# %% check="is_deadlock"
check(is_deadlock)

# %% [markdown]
# Every crate on this picture stands where it is lost for ever.

# %%
maze = gym.make("workshop/Sokoban-v0", level="zigzag", render_mode="rgb_array").unwrapped
maze.reset(seed=0)
floor = {player for player, boxes in maze.states}
(maze.player,) = maze.goals  # out of the way
maze.boxes = frozenset(cell for cell in floor if is_deadlock(maze.walls, maze.goals, {cell}))
plots.filmstrip([maze.render()], [f"the {len(maze.boxes)} dead corners of 'zigzag'"], width=3.4)

# %% [markdown]
# Is the rule ever wrong? Back to the level "pair". A search through all of its states knows from which ones the game
# can still be won. **Predict.** How many of the 1,352 states are lost, and how many of those does the corner rule see?

# %%
can_win = level.terminal
while True:  # a state can be won if some action leads to one that can
    grown = can_win | (level.P @ can_win > 0).any(axis=1)
    if np.array_equal(grown, can_win):
        break
    can_win = grown
alarm = np.array([is_deadlock(level.walls, level.goals, boxes) for player, boxes in level.states])
print(f"{np.sum(~can_win)} are lost, and the rule sees {np.sum(alarm & ~can_win)} of them")
print(f"false alarms: {np.sum(alarm & can_win)}")

# %% [markdown]
# Never a false alarm. The other lost states are subtler: a box along a wall without a goal, or two boxes that block
# each other.
#
# ### Exercise 1.13★: SARSA, or learning what you really do (3 minutes)
#
# The target of Q-learning supposes that from the next step on you do the best. But you do not: you roll dice. SARSA
# takes the action $a_{t+1}$ that is *really* taken next. Its name is what it needs: $s_t, a_t, r_t, s_{t+1}, a_{t+1}$.
# Learning about the policy that acts is called **on-policy**, learning about another one **off-policy**.


# %% exercise="sarsa_target"
def sarsa_target(reward, next_q_values, next_action, terminated, gamma):
    """The on-policy target, as a float: the reward plus the discounted value of the action that
    is really taken next.

    After a terminal step the reward is all, and `next_action` may be anything, None too.
    """
    ### BEGIN SOLUTION
    if terminated:
        return float(reward)
    return float(reward + gamma * next_q_values[next_action])
    ### END SOLUTION


# %% check="sarsa_target"
check(sarsa_target)

# %% [markdown]
# A cliff. A step costs 1, the fall costs 100, and both agents roll dice in one step out of ten. **Predict.** Which one
# walks along the edge? Which one earns more while it learns?


# %% reveals="q_learning"
def sarsa(env, episodes, alpha, gamma, epsilon, rng):
    """Q-learning with one difference: the next action is chosen before the target is worked out."""
    Q = np.zeros((env.observation_space.n, env.action_space.n))
    for _ in range(episodes):
        state, info = env.reset(seed=int(rng.integers(2**31)))
        action = epsilon_greedy(Q[state], epsilon, rng)
        terminated = truncated = False
        while not (terminated or truncated):
            next_state, reward, terminated, truncated, info = env.step(action)
            next_action = epsilon_greedy(Q[next_state], epsilon, rng)
            target = sarsa_target(reward, Q[next_state], next_action, terminated, gamma)
            Q[state, action] += alpha * (target - Q[state, action])
            state, action = next_state, next_action
    return Q


cliff, curves, paths = gym.make("workshop/GridWorld-v0", text_map="cliff").unwrapped, {}, {}
for name, learn in (("Q-learning", q_learning), ("SARSA", sarsa)):
    env = gym.wrappers.RecordEpisodeStatistics(
        gym.make("workshop/GridWorld-v0", text_map="cliff"), deque_size=1000
    )
    Q = learn(env, episodes=1000, alpha=0.1, gamma=1.0, epsilon=0.1, rng=np.random.default_rng(0))
    curves[name] = np.array(env.return_queue).ravel()
    walk = run_episode(env, lambda state: int(Q[state].argmax()), seed=0)
    paths[name] = [
        cliff.cells[state] for state in (walk[0].state, *(step.next_state for step in walk))
    ]
display(plots.path_map(cliff, paths, title="What each of them would do without dice"))
plots.learning_curve(
    curves, optimum=-13, window=100, ylim=(-200, 15), title="What each of them earns with dice"
)

# %% [markdown]
# Q-learning knows the shortest way, and falls off it now and then. SARSA knows itself, and keeps away from the edge.
#
# ### Exercise 1.14★: a reward that helps, and one that harms (4 minutes)
#
# A large empty room and a single reward, 1 at the exit. Sparse. You want to help, and reward every step that comes
# nearer. There is a safe way (Ng, Harada and Russell, 1999). Give each state a **potential** $\Phi(s)$, and add the
# discounted gain:
#
# $$r'_t = r_t + \gamma\,\Phi(s_{t+1}) - \Phi(s_t)$$
#
# The potential after the end is 0. Now add up the discounted gains of a whole episode: they cancel out, all but
# $-\Phi(s_0)$, whatever the agent did. No policy can earn it by going in circles, and the best policy stays the best.


# %% exercise="shaped_reward"
def shaped_reward(reward, potential, state, next_state, terminated, gamma):
    """The reward plus the discounted gain in `potential(state) -> float`, as a float.

    The potential of a state in which the episode terminated counts as 0, whatever the function
    says.
    """
    ### BEGIN SOLUTION
    next_potential = 0.0 if terminated else potential(next_state)
    return float(reward + gamma * next_potential - potential(state))
    ### END SOLUTION


# %% check="shaped_reward"
check(shaped_reward)

# %% [markdown]
# Three rewards for the same room of 10 × 10 cells, whose exit is 18 steps away:
#
# - **sparse**: 1 at the exit, nothing else;
# - **shaped**: your function, with a potential that grows from 0 at the start to 1 at the exit,
#   $\Phi(s) = 1 - \text{distance}(s) / 18$;
# - **badly scaled**: a bonus of 1 for each step that comes nearer, and no price for going back.
#
# **Predict.** How many steps does each agent take in the end? Which one does not want to arrive?

# %%
room = "S.........\n" + "..........\n" * 8 + ".........+"


class Rewarded(gym.Wrapper):
    """The same world with another reward: `new_reward(reward, state, next_state, terminated)`."""

    def __init__(self, env, new_reward):
        super().__init__(env)
        self.new_reward = new_reward

    def reset(self, **kwargs):
        self.state, info = self.env.reset(**kwargs)
        return self.state, info

    def step(self, action):
        next_state, reward, terminated, truncated, info = self.env.step(action)
        reward = self.new_reward(reward, self.state, next_state, terminated)
        self.state = next_state
        return next_state, reward, terminated, truncated, info


def distance(state):
    row, col = divmod(state, 10)
    return (9 - row) + (9 - col)


new_rewards = {
    "sparse": lambda r, s, s2, terminated: r,
    "shaped": lambda r, s, s2, terminated: shaped_reward(
        r, lambda s: 1 - distance(s) / 18, s, s2, terminated, 0.95
    ),
    "badly scaled": lambda r, s, s2, terminated: r + (distance(s2) < distance(s)),
}
lengths = {}
for name, new_reward in new_rewards.items():
    env = gym.make("workshop/GridWorld-v0", text_map=room, step_reward=0.0)
    env = gym.wrappers.RecordEpisodeStatistics(Rewarded(env, new_reward), deque_size=200)
    Q = q_learning(
        env, episodes=200, alpha=0.5, gamma=0.95, epsilon=0.1, rng=np.random.default_rng(0)
    )
    lengths[name] = np.array(env.length_queue).ravel()
    walk = run_episode(env, lambda state: int(Q[state].argmax()), seed=0)
    end = "out" if walk[-1].terminated else "stopped by the clock"
    print(f"{name}: without dice {len(walk)} steps, then {end}")
plots.learning_curve(
    lengths, optimum=18, window=20, title="Steps to the exit", ylabel="steps of the episode"
)

# %% [markdown]
# The shaped agent finds the way about ten times as fast. The badly scaled one has found out that arriving ends the
# bonus: it goes to and fro, and leaves the room only when the dice push it out. It does exactly what you rewarded, and
# nothing that you wanted.

# %%
progress()
