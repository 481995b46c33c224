"""Session 1, the world and the plan: environments, Sokoban, returns, values, value iteration, the fog, large tables."""

import gym
import numpy as np

from slides.figures import shown
from slides.figures.canvas import canvas
from slides.figures.maps import action_map, value_maps
from slides.numbers import grid_world, policy_values, random_walk_values, sokoban
from workshop import plots
from workshop.exercises.reference import reference
from workshop.plots.picture import BLUE, VERMILLION, Picture, drawing

ARROWS = "↑→↓←"


@shown
def agent_loop():
    return plots.agent_loop()


@shown
def three_worlds():
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
    return plots.filmstrip(frames, captions, width=5.6)


@shown
def sokoban_episode():
    """The shortest plan, move by move, by the rules of exercise 1.2."""
    level, step = sokoban(), reference("sokoban_step")
    level.reset(seed=0)
    player, boxes = level.player, level.boxes
    frames, captions = [level.render()], ["$s_0$"]
    for t, action in enumerate(level.best_plan()):
        player, boxes, reward, _ = step(level.walls, level.goals, player, boxes, action)
        level.player, level.boxes = player, boxes
        frames.append(level.render())
        captions.append(f"$a_{{{t}}}$ {ARROWS[action]}   $r_{{{t}}}$ {reward:g}")
    level.reset(seed=0)
    return plots.filmstrip(frames, captions, title="An episode, frame by frame", columns=6, width=8.2)


@shown
def discount_weights():
    worth = reference("discounted_return")
    return plots.discount_weights(
        {gamma: [worth([0] * t + [1], gamma) for t in range(31)] for gamma in (0.99, 0.9, 0.5)}
    )


@shown
@drawing
def pong_returns():
    """A random player's game of Pong: rewards and returns."""
    env, rng = gym.make("Pong-ramDeterministic-v4"), np.random.default_rng(0)
    episode = reference("run_episode")(env, lambda state: int(rng.integers(6)), seed=0)
    rewards = [step.reward for step in episode]
    returns = reference("returns_to_go")(rewards, 0.99)
    figure, lost = canvas((8.6, 3.2)), np.flatnonzero(np.array(rewards) < 0)
    axes = figure.subplots()
    axes.plot(returns, color=BLUE, lw=2, label="return from here on, γ = 0.99")
    axes.plot(lost, np.full(len(lost), 0.3), "v", color=VERMILLION, ms=7, label=f"a point lost: {len(lost)} times")
    axes.set(xlabel="step", ylabel="return", ylim=(min(returns) - 0.3, 2.1))
    axes.legend(loc="upper right", ncols=2)
    alt = (
        f"A game of Pong at random: {len(rewards)} steps, {len(lost)} points lost, {sum(r > 0 for r in rewards)} won. The "
        f"discounted return is {returns[0]:.2f} at the start, lowest with {min(returns):.2f}; it falls before each lost point."
    )
    return Picture.from_figure(figure, alt)


@shown
def random_walk():
    panels = {"Value for a random walker, γ = 1": (random_walk_values(1.0), None, None)}
    return value_maps(grid_world(), panels, "The grid world.", digits=0)


@shown
def one_step_ahead():
    """The classic map of 4 × 4 cells: action values of a random walk, the best ones framed."""
    world = gym.make("workshop/GridWorld-v0", text_map="classic").unwrapped
    values = policy_values(world, np.full(world.R.shape, 0.25), 1.0)
    Q = reference("q_from_v")(world.P, world.R, values, 1.0)
    return action_map(world, Q, "Q of a random walker, γ = 1", "A map of 4 by 4 cells, exits in two corners.")


def sweeps(count):
    """(V, Q) before each of `count` sweeps of value iteration in the grid world, γ = 0.9."""
    world, V = grid_world(), np.zeros(len(grid_world().cells))
    for _ in range(count):
        Q = reference("q_from_v")(world.P, world.R, V, 0.9)
        yield V, Q
        V = Q.max(axis=1)


@shown
def value_iteration():
    """Two moments of it, on one scale of colours."""
    done = list(sweeps(14))
    panels = {
        f"after {number} sweeps": (V, None, Q >= Q.max(axis=1, keepdims=True) - 1e-9 if number == 13 else None)
        for number, (V, Q) in enumerate(done)
        if number in (3, 13)
    }
    return value_maps(grid_world(), panels, "Value iteration in the grid world, gamma 0.9.", (done[-1][0].min(), 0.0))


@shown
def fog():
    """TD learning of a random walker: what it has seen, and how far off its numbers are."""
    world, rng, update = grid_world(), np.random.default_rng(0), reference("td_update")
    env, play = gym.make("workshop/GridWorld-v0"), reference("run_episode")
    walk = [step for seed in range(70) for step in play(env, lambda state: int(rng.integers(4)), seed)]
    truth = random_walk_values(0.9)
    V, unseen, panels = np.zeros(len(world.cells)), np.ones(len(world.cells), dtype=bool), {}
    for t, step in enumerate(walk):
        if t in (200, 12800):
            panels[f"after {t:,} steps, off by {np.abs(V - truth).mean():.1f}"] = (V, unseen.copy(), None)
        V = update(V, step.state, step.reward, step.next_state, step.terminated, 0.1, 0.9)
        unseen[[step.state, step.next_state]] = False
    alt = "TD learning of a random walker, and how far its values are from the truth on average."
    return value_maps(world, panels, alt, limits=(-10, 0))


@shown
def how_many_states():
    triangle = gym.make("workshop/Sokoban-v0", level="triangle").unwrapped
    return plots.digits(
        {
            "the grid world": np.log10(len(grid_world().cells)),
            "Taxi": np.log10(gym.make("Taxi-v3").observation_space.n),
            "Sokoban, 'triangle'": np.log10(len(triangle.states)),
            "atoms in the universe": 80,
            "positions of Go": 170.3,
            "screens like Pong's": 210 * 160 * np.log10(128),
        },
        title="How many states a table needs rows for",
    )


@shown
def three_views():
    """Videogame Rick, three states, each as a number, as a vector and as a picture."""
    frames, captions = [], []
    for seed in range(3):
        views = {}
        for representation in ("integer", "vector", "image"):
            env = gym.make("workshop/VideogameRick-v0", representation=representation)
            views[representation], _ = env.reset(seed=seed)
        frames.append(views["image"])
        captions.append(
            f"number {views['integer']}\nvector {views['vector']}\nimage {' × '.join(map(str, views['image'].shape))}"
        )
    return plots.filmstrip(frames, captions, width=6.8)
