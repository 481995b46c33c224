"""Session 1, learning: one update of Q, a reward that travels back, dice, a taxi, a cliff, rewards that help and harm."""

import gym
import numpy as np

from slides.figures import shown
from slides.figures.canvas import HALF, PALE_GREEN, PALE_GREY, PALE_ORANGE, arrow, box, canvas, minus, stage
from slides.figures.maps import walk_map
from slides.numbers import number, sokoban
from workshop import plots
from workshop.exercises.reference import reference
from workshop.plots.charts import LOOKS, running_mean
from workshop.plots.picture import BLUE, VERMILLION, Picture, drawing

ARROWS = "↑→↓←"


@shown
@drawing
def q_update():
    """One update, with numbers: a row of the table before, the target from the next row, the row after."""
    before, after_next = np.array([0.10, 0.40, 0.00, 0.20]), np.array([0.30, 0.90, 0.50, 0.00])
    action, reward, alpha, gamma = 1, 0.0, 0.5, 0.9
    target = reference("q_target")(reward, after_next, False, gamma)
    after = before.copy()
    after[action] += alpha * (target - before[action])
    figure, axes = stage((8.6, 3.5))
    for row, (name, values, marked, colour) in enumerate(
        (("$Q(s_t,\\cdot)$ before", before, action, PALE_ORANGE), ("$Q(s_{t+1},\\cdot)$", after_next, 1, PALE_GREEN),
         ("$Q(s_t,\\cdot)$ after", after, action, PALE_ORANGE))
    ):  # fmt: skip
        y = 2.9 - 1.2 * row
        axes.text(0.1, y, name, va="center", size=12)
        for column, value in enumerate(values):
            shade = colour if column == marked else PALE_GREY
            box(axes, (2.35 + 0.85 * column, y), (0.8, 0.55), f"{ARROWS[column]} {value:.2f}", shade, size=11)
    lines = (
        f"you go →, the reward is {reward:g}",
        f"$y_t$ = {reward:g} + {gamma} · {after_next.max():.2f} = {target:.2f}",
        f"{before[action]:.2f} + {alpha} · ({target:.2f} − {before[action]:.2f}) = {after[action]:.2f}",
    )
    for row, line in enumerate(lines):
        axes.text(5.65, 2.9 - 1.2 * row, line, va="center", size=12)
    for y in (2.55, 1.35):
        arrow(axes, (3.2, y), (3.2, y - 0.5), VERMILLION)
    alt = (
        f"One update of Q-learning. Before: {', '.join(map(str, before))} for up, right, down, left. The agent goes right, "
        f"gets {reward:g}; the best value of the next state is {after_next.max()}, so the target is {target:.2f}. With alpha "
        f"{alpha} the value of right moves from {before[action]} to {after[action]:.3f}; the others stay."
    )
    return Picture.from_figure(figure, alt)


@shown
@drawing
def reward_travels_back():
    """Q of every move of the solved plan, after some replays of it."""
    plan, target = sokoban().best_plan(), reference("q_target")
    Q, kept = np.zeros(len(plan) + 1), {}
    for replay in range(len(plan) + 1):
        if replay in (1, 4, len(plan)):
            kept[replay] = Q[:-1].copy()
        for t in range(len(plan)):
            is_last = t == len(plan) - 1
            Q[t] = target(1.0 if is_last else 0.0, np.array([Q[t + 1]]), is_last, 0.9)
    figure = canvas((8.6, 3.2))
    said = []
    for axes, (replay, values) in zip(figure.subplots(1, len(kept), sharey=True), kept.items()):
        axes.bar(np.arange(len(plan)), values, color="#9CCBEA", edgecolor=BLUE)
        axes.set(
            title=f"{replay} replay{'s' if replay > 1 else ''}",
            xlabel="move",
            xlim=(-3.2, len(plan) - 0.4),
            ylim=(0, 1.1),
        )
        axes.set_xticks([0, len(plan) - 1])
        first = int(np.flatnonzero(values)[0])
        axes.text(first - 0.6, values[first], f"{values[first]:.2f}", ha="right", va="center", weight="bold")
        said.append(
            f"after {replay} replays {np.count_nonzero(values)} of {len(plan)} are not zero, the first {values[first]:.2f}"
        )
    figure.axes[0].set_ylabel("Q of the move")
    return Picture.from_figure(
        figure, f"Action values of the {len(plan)} moves of a solved Sokoban plan: {'; '.join(said)}."
    )


@shown
def dice():
    q_values, epsilon, rng = np.array([1.0, 3.0, 3.0, 0.0]), 0.2, np.random.default_rng(0)
    actions = [reference("epsilon_greedy")(q_values, epsilon, rng) for _ in range(10_000)]
    best = q_values == q_values.max()
    return plots.bars(
        np.bincount(actions, minlength=4) / len(actions), [f"{a}\nQ = {q:g}" for a, q in zip(ARROWS, q_values)],
        title="Share of 10,000 actions, ε = 0.2", expected=epsilon / 4 + (1 - epsilon) * best / best.sum(),
    )  # fmt: skip


@shown
def taxi():
    env = gym.wrappers.RecordEpisodeStatistics(gym.make("Taxi-v3"), deque_size=2000)
    reference("q_learning")(env, episodes=2000, alpha=0.5, gamma=0.99, epsilon=0.1, rng=np.random.default_rng(0))
    returns = np.array(env.return_queue).ravel()
    optimum = float(number("taxi_optimum"))
    return plots.learning_curve(returns, optimum=optimum, window=100, title="Q-learning drives a taxi", ylim=(-160, 25))


@shown
@drawing
def q_learning_sokoban():
    """How many moves an agent takes for the level, game by game; a random one hardly ever gets there."""
    env = gym.make("workshop/Sokoban-v0", level="pair")
    env = gym.wrappers.RecordEpisodeStatistics(env, deque_size=1500)
    reference("q_learning")(env, episodes=1500, alpha=0.5, gamma=0.9, epsilon=0.2, rng=np.random.default_rng(0))
    lengths = np.array(env.length_queue).ravel()
    mean, best = running_mean(lengths, 50), len(sokoban().best_plan())
    figure = canvas((4.2, 3.2))
    axes = figure.subplots()
    axes.plot(lengths, ".", color=BLUE, ms=2.5, alpha=0.25)
    axes.plot(mean, color=BLUE, lw=2.4)
    axes.axhline(best, color="#8A5F00", ls="--", lw=1.8)
    axes.text(len(lengths), best - 12, f"best plan: {best}", ha="right", va="top", color="#8A5F00", weight="bold")
    axes.text(len(lengths), mean[-1] + 8, f"mean {mean[-1]:.0f}", ha="right", color=BLUE, weight="bold")
    axes.set(xlabel="game", ylabel="moves", ylim=(-30, 210), title="Sokoban, by Q-learning")
    alt = (
        f"Moves that Q-learning takes for a level of Sokoban in {len(lengths)} games, at most 200: the mean of the first 50 "
        f"is {mean[49]:.0f}, of the last 50 {mean[-1]:.0f}, with dice in one move of five; the best plan has {best}."
    )
    return Picture.from_figure(figure, alt)


def sarsa(env, episodes, alpha, gamma, epsilon, rng):
    """Q-learning with one difference: the next action is chosen before the target is worked out."""
    choose, target_of = reference("epsilon_greedy"), reference("sarsa_target")
    Q = np.zeros((env.observation_space.n, env.action_space.n))
    for _ in range(episodes):
        state, _ = env.reset(seed=int(rng.integers(2**31)))
        action, terminated, truncated = choose(Q[state], epsilon, rng), False, False
        while not (terminated or truncated):
            next_state, reward, terminated, truncated, _ = env.step(action)
            next_action = choose(Q[next_state], epsilon, rng)
            Q[state, action] += alpha * (
                target_of(reward, Q[next_state], next_action, terminated, gamma) - Q[state, action]
            )
            state, action = next_state, next_action
    return Q


@shown
def cliff():
    world, paths = gym.make("workshop/GridWorld-v0", text_map="cliff").unwrapped, {}
    for name, learn in (("Q-learning", reference("q_learning")), ("SARSA", sarsa)):
        env = gym.make("workshop/GridWorld-v0", text_map="cliff")
        Q = learn(env, episodes=1000, alpha=0.1, gamma=1.0, epsilon=0.1, rng=np.random.default_rng(0))
        walk = reference("run_episode")(env, lambda state, Q=Q: int(Q[state].argmax()), seed=0)
        paths[name] = [world.cells[state] for state in (walk[0].state, *(step.next_state for step in walk))]
    return walk_map(world, paths, "Ways along a cliff, without dice.")


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
    """Steps from a cell of a room of 10 × 10 to its far corner."""
    row, col = divmod(state, 10)
    return (9 - row) + (9 - col)


@shown
@drawing
def shaping():
    """Steps to the exit of a large room, for a sparse, a shaped and a badly scaled reward."""
    room = "S.........\n" + "..........\n" * 8 + ".........+"
    shaped = reference("shaped_reward")
    new_rewards = {
        "sparse": lambda r, s, s2, ended: r,
        "shaped": lambda r, s, s2, ended: shaped(r, lambda s: 1 - distance(s) / 18, s, s2, ended, 0.95),
        "badly scaled": lambda r, s, s2, ended: r + (distance(s2) < distance(s)),
    }
    figure, said = canvas(HALF), []
    axes = figure.subplots()
    for (name, new_reward), (colour, line, _) in zip(new_rewards.items(), LOOKS):
        env = gym.make("workshop/GridWorld-v0", text_map=room, step_reward=0.0)
        env = gym.wrappers.RecordEpisodeStatistics(Rewarded(env, new_reward), deque_size=200)
        reference("q_learning")(env, 200, alpha=0.5, gamma=0.95, epsilon=0.1, rng=np.random.default_rng(0))
        mean = running_mean(np.array(env.length_queue).ravel(), 20)
        axes.semilogy(mean, color=colour, ls=line, lw=2.4, label=f"{name}: {mean[-1]:.0f}")
        said.append(f"{name} {mean[19]:.0f} in the first 20 episodes, {mean[-1]:.0f} in the last 20")
    axes.axhline(18, color="#555555", lw=1.2)
    axes.text(0, 16.5, "shortest: 18", va="top")
    axes.set(xlabel="episode", ylabel="steps to the exit", ylim=(9, 1100))
    axes.legend(loc="upper right")
    return Picture.from_figure(
        figure, f"Steps to the exit of a room of 10 by 10 cells: {'; '.join(said)}; shortest 18."
    )


@shown
@drawing
def promise_and_surprise():
    """The TD error as a picture: what was expected, what came and what is expected now."""
    figure, axes = stage(HALF)
    V, V_next, reward, gamma = -4.0, -2.0, -1.0, 0.9
    target = reward + gamma * V_next
    box(axes, (1.1, 3.1), (1.9, 0.8), f"$s_t$\n$V(s_t)$ = {minus(V, 1)}", PALE_ORANGE, size=11.5)
    box(axes, (3.9, 3.1), (1.9, 0.8), f"$s_{{t+1}}$\n$V(s_{{t+1}})$ = {minus(V_next, 1)}", PALE_GREEN, size=11.5)
    arrow(axes, (2.1, 3.1), (2.9, 3.1))
    axes.text(2.5, 3.35, f"$r_t$ = {minus(reward, 0)}", ha="center", size=11.5)
    axes.text(
        2.5,
        2.0,
        f"now it looks like {minus(reward, 0)} + {gamma} · ({minus(V_next, 0)}) = {minus(target, 1)}",
        ha="center",
        size=11.5,
    )
    axes.text(2.5, 1.3, f"expected was {minus(V, 1)}", ha="center", size=11.5)
    axes.text(2.5, 0.55, f"surprise δ = {minus(target - V, 1)}", ha="center", size=15, weight="bold", color=BLUE)
    alt = f"A step: expected {V}, then a reward of {reward} and a next state worth {V_next}: {target}. The TD error is {target - V:.1f}."
    return Picture.from_figure(figure, alt)
