"""Atari games: the emulators, gym's classic ids over them, and the ROM files."""

from workshop.atari import roms


def register():
    """Tell gym every Atari id: 14 for each game, some 1,500 in all.

    What each id means is a fact of its time, kept so that results compare (ale_py 0.7.5, `ale_py/gym.py`, for gym 0.21):

    ======================  ==================  ===========  =======================
    id                      frames in a step    sticky       longest episode (steps)
    ======================  ==================  ===========  =======================
    Pong-v0                 2, 3 or 4           0.25         10,000
    Pong-v4                 2, 3 or 4           0            100,000
    PongDeterministic-v0    4                   0.25         100,000
    PongDeterministic-v4    4                   0            100,000
    PongNoFrameskip-v0      1                   0.25         400,000
    PongNoFrameskip-v4      1                   0            400,000
    ALE/Pong-v5             4                   0.25         27,000
    ======================  ==================  ===========  =======================

    Each again with the console's memory as the observation: Pong-ram-v0, Pong-ramNoFrameskip-v4, ALE/Pong-ram-v5.
    Where the table says 4, the classic ids of Space Invaders say 3 (and 300,000): at 4 its lasers cannot be seen,
    because of the period at which they blink (Mnih et al., 2013, section 5). At the time 62 games had classic ids;
    here every game has them.
    """
    # gym is half imported when it calls this. Its own register() searches all ids for each new one, which takes a
    # second for so many; what it then does is this assignment.
    from gym.envs.registration import EnvSpec, registry

    for game in roms.games():
        for env_id, max_episode_steps, kwargs in _variants(game):
            registry[env_id] = EnvSpec(
                id=env_id, entry_point="workshop.atari.env:AtariEnv", max_episode_steps=max_episode_steps, kwargs=kwargs
            )


def _variants(game):
    """Yield (id, longest episode in steps, arguments of AtariEnv) for every id of `game`."""
    frames = 3 if game == "space_invaders" else 4
    for obs_type, name in (("rgb", roms.title(game)), ("ram", f"{roms.title(game)}-ram")):
        for env_id, frameskip, sticky, max_episode_steps in (
            (f"{name}-v0", (2, 5), 0.25, 10_000),
            (f"{name}-v4", (2, 5), 0.0, 100_000),
            (f"{name}Deterministic-v0", frames, 0.25, 100_000),
            (f"{name}Deterministic-v4", frames, 0.0, 100_000),
            (f"{name}NoFrameskip-v0", 1, 0.25, 100_000 * frames),
            (f"{name}NoFrameskip-v4", 1, 0.0, 100_000 * frames),
            (f"ALE/{name}-v5", 4, 0.25, 27_000),
        ):
            arguments = {"game": game, "obs_type": obs_type, "frameskip": frameskip}
            yield env_id, max_episode_steps, {**arguments, "repeat_action_probability": sticky}
