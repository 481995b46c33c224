"""What gym calls while it is imported (entry point `gym.envs`), so that `import gym` alone knows every id of the kit."""


def register_all():
    """Register the kit's own environments and every Atari game. gym itself is only half imported at this point."""
    from workshop import atari, compat, envs

    compat.apply()  # where `workshop` was imported before gym, what is mended in gym itself had to wait
    envs.register()
    atari.register()
