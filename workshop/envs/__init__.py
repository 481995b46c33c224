"""The workshop's own environments.

    workshop/GridWorld-v0       text maps, walls, terminals, slip; exact P and R       workshop.envs.gridworld
    workshop/Sokoban-v0         push the boxes onto the goals; exact P, R and solver   workshop.envs.sokoban
    workshop/Catch-v0           pixels, Atari in miniature                             workshop.envs.catch
    workshop/VideogameRick-v0   gym's Taxi as integer, vector or image; exact P and R  workshop.envs.videogame_rick

`import gym` alone knows the ids: `gym.make("workshop/Sokoban-v0", level="tiny")`. The keyword arguments are those of
the class, and `gym.make` adds a time limit. Planning reads the class's attributes: `env.unwrapped.P`.

With Stable-Baselines3, which speaks gymnasium (`pip install "shimmy>=2" gymnasium stable-baselines3`):

    import shimmy
    from stable_baselines3 import DQN

    env = shimmy.GymV26CompatibilityV0(env_id="workshop/GridWorld-v0", make_kwargs={"text_map": "classic"})
    model = DQN("MlpPolicy", env).learn(20_000)

and for pixels `make_kwargs={"image_shape": (84, 84)}` with "workshop/Catch-v0" and "CnnPolicy".
"""

import importlib

_LAZY = {
    "GridWorld": "workshop.envs.gridworld",
    "Sokoban": "workshop.envs.sokoban",
    "Catch": "workshop.envs.catch",
    "VideogameRick": "workshop.envs.videogame_rick",
}

# Catch ends by itself when the ball is down.
_MAX_EPISODE_STEPS = {"GridWorld": 500, "Sokoban": 200, "Catch": None, "VideogameRick": 200}


def register():
    """Tell gym the ids. gym calls this while it is itself half imported: the classes are named, not imported.

    gym's own wrappers for the order of calls and for the spaces are left out: the environments say it more clearly.
    """
    from gym.envs.registration import register as register_id

    for name, module in _LAZY.items():
        register_id(
            id=f"workshop/{name}-v0",
            entry_point=f"{module}:{name}",
            max_episode_steps=_MAX_EPISODE_STEPS[name],
            order_enforce=False,
            disable_env_checker=True,
        )


def __getattr__(name):
    if name in _LAZY:
        return getattr(importlib.import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'workshop.envs' has no attribute {name!r}")


def __dir__():
    return sorted([*globals(), *_LAZY])
