"""An Atari 2600 with one game in it: one small interface over two emulators.

*ale-py* is the default. *atari-py* is the one that the papers of 2015 to 2019 used; it comes with the extra
`atari-py`. Both are the Arcade Learning Environment (Bellemare et al., 2013, https://arxiv.org/abs/1207.4708), years
apart, and play the ROM files that ale-py ships.

    emulator = make_emulator("ale-py", "pong", seed=0)
    emulator.reset()
    while not emulator.game_over():
        reward = emulator.act(3)         # one frame, 1/60 s of play
        frame = emulator.screen_rgb()    # (210, 160, 3) uint8
"""

import numpy as np

from workshop.atari import roms

# The 18 things one can do with a joystick and its button; an action is an index into this.
ACTION_MEANINGS = (
    *("NOOP", "FIRE", "UP", "RIGHT", "LEFT", "DOWN", "UPRIGHT", "UPLEFT", "DOWNRIGHT", "DOWNLEFT"),
    *("UPFIRE", "RIGHTFIRE", "LEFTFIRE", "DOWNFIRE", "UPRIGHTFIRE", "UPLEFTFIRE", "DOWNRIGHTFIRE", "DOWNLEFTFIRE"),
)

# Games that came to ALE after atari-py 0.2.9. Given one of these, atari-py does not raise: it crashes.
NEWER_GAMES = """
    atlantis2 backgammon basic_math blackjack casino crossbow darkchambers earthworld entombed et flag_capture hangman
    haunted_house human_cannonball klax mario_bros miniature_golf othello pacman pitfall2 space_war superman surround
    tic_tac_toe_3d video_checkers video_chess video_cube word_zapper
"""


class EmulatorError(Exception):
    """An emulator that is not installed, or was asked for something that it does not have."""


class Emulator:
    """One console, switched on, with one game in it.

    The two emulators share nearly their whole interface; a subclass holds what differs.

    Attributes:
        name: "ale-py" or "atari-py".
        game: as in `roms.games()`, "space_invaders".
        ale: the emulator's own `ALEInterface`, for what is not wrapped here.
        minimal_actions: the actions that do something in this game, a tuple of ints (Pong has 6).
        legal_actions: all 18, a tuple of ints.
        screen_shape: (height, width), (210, 160) for nearly every game.
    """

    name = None

    def __init__(self, game, *, repeat_action_probability=0.0, seed=0, mode=None, difficulty=None):
        """Load the game.

        Args:
            game: as in `roms.games()`.
            repeat_action_probability: the chance, each frame, that the console still sees the action before ("sticky
                actions", Machado et al., 2018, https://arxiv.org/abs/1709.06009, section 5).
            seed: int in [0, 2**32), of the sticky actions; nothing else in a console is random.
            mode: which variant of the game, one of `ale.getAvailableModes()`; None for the game's own default.
            difficulty: position of the difficulty switch, one of `ale.getAvailableDifficulties()`, or None.

        Raises:
            roms.RomError: no such game, or its file is damaged.
            EmulatorError: the emulator is not installed, or does not have this game, mode or difficulty.
        """
        self.game = game
        self._rom = roms.rom_path(game)
        self.ale = self._new_ale()
        self.ale.setFloat("repeat_action_probability", repeat_action_probability)
        self._mode = self._difficulty = None
        self.seed(seed)
        # Asked of the game once it is loaded: atari-py ends the process over a mode that it does not know.
        self._mode = _one_of(self.ale.getAvailableModes(), mode, "mode", game)
        self._difficulty = _one_of(self.ale.getAvailableDifficulties(), difficulty, "difficulty", game)
        self._set_switches()
        self.minimal_actions = self._as_numbers(self.ale.getMinimalActionSet())
        self.legal_actions = self._as_numbers(self.ale.getLegalActionSet())
        self.screen_shape = self.screen_rgb().shape[:2]

    def _new_ale(self):
        raise NotImplementedError

    def _as_numbers(self, actions):
        raise NotImplementedError

    def _as_signed(self, seed):
        raise NotImplementedError

    def _set_switches(self):
        if self._mode is not None:
            self.ale.setMode(self._mode)
        if self._difficulty is not None:
            self.ale.setDifficulty(self._difficulty)

    def seed(self, seed):
        """Switch the console off and on again with another seed, an int in [0, 2**32). Call `reset` next."""
        self.ale.setInt("random_seed", self._as_signed(seed))  # ALE looks at it only while it loads a ROM
        self.ale.loadROM(str(self._rom))
        self._set_switches()

    def reset(self):
        """Start a new game. The random numbers of the sticky actions go on where they were."""
        self.ale.reset_game()

    def act(self, action):
        """Play one frame. `action` is one of `legal_actions`, not checked here; returns the change of score, an int.
        After the end of the game nothing moves, and the reward is 0, until `reset`."""
        return self.ale.act(action)

    def game_over(self):
        """Whether the game has ended, a bool."""
        return self.ale.game_over()

    def lives(self):
        """Lives left, an int; 0 in a game that counts none."""
        return self.ale.lives()

    def frame_number(self):
        """Frames played since the console was switched on, an int."""
        return self.ale.getFrameNumber()

    def episode_frame_number(self):
        """Frames played since `reset`, an int."""
        return self.ale.getEpisodeFrameNumber()

    def ram(self):
        """The console's whole memory, a new (128,) uint8 array."""
        return self.ale.getRAM()

    def screen_rgb(self):
        """The picture, a new (height, width, 3) uint8 array."""
        raise NotImplementedError

    def screen_grayscale(self):
        """The luminance of the picture, a new (height, width) uint8 array."""
        raise NotImplementedError

    def save_state(self):
        """The running game as bytes: memory, score, lives, frame numbers and the random numbers of the sticky actions.
        Write them to a file if you like; the same emulator with the same game reads them."""
        raise NotImplementedError

    def restore_state(self, state):
        """Go on from what `save_state` returned. Two things are not part of it. The picture follows with the next
        `act`. And the action that may stick to that first frame is the last one before the restoring."""
        raise NotImplementedError


class AlePy(Emulator):
    """The Arcade Learning Environment as it is maintained today, https://ale.farama.org."""

    name = "ale-py"

    def _new_ale(self):
        from ale_py import ALEInterface, LoggerMode

        ALEInterface.setLoggerMode(LoggerMode.Error)  # or every new console greets on stderr
        return ALEInterface()

    def _as_numbers(self, actions):
        return tuple(action.value for action in actions)

    def _as_signed(self, seed):
        return int(np.uint32(seed).astype(np.int32))  # the same 32 bits, as ale-py's own environment does

    def screen_rgb(self):
        return self.ale.getScreenRGB()

    def screen_grayscale(self):
        return self.ale.getScreenGrayscale()

    def save_state(self):
        return self.ale.cloneState(include_rng=True).serialize()

    def restore_state(self, state):
        from ale_py import ALEState

        self.ale.restoreState(ALEState(state))


class AtariPy(Emulator):
    """ALE 0.6 with OpenAI's C interface, https://github.com/openai/atari-py (0.2.9)."""

    name = "atari-py"

    def _new_ale(self):
        try:
            from atari_py import ALEInterface
        except ImportError:
            raise EmulatorError(
                'The emulator "atari-py" is not installed. `sh workshop/install/setup.sh atari-py` builds it in about two '
                'minutes. Or go on without it: emulator="ale-py" is there, and plays the same game.'
            ) from None
        if self.game in NEWER_GAMES.split():
            raise EmulatorError(f'atari-py does not know {self.game}; play it with emulator="ale-py".')
        return ALEInterface()

    def _as_numbers(self, actions):
        return tuple(map(int, actions))

    def _as_signed(self, seed):
        return int(seed) % 2**31  # a negative seed ends the process

    def screen_rgb(self):
        return self.ale.getScreenRGB2()

    def screen_grayscale(self):
        return self.ale.getScreenGrayscale()[:, :, 0]

    def save_state(self):
        state = self.ale.cloneSystemState()
        try:
            return self.ale.encodeState(state).tobytes()
        finally:
            self.ale.deleteState(state)

    def restore_state(self, state):
        decoded = self.ale.decodeState(np.array(bytearray(state), dtype=np.uint8))
        try:
            self.ale.restoreSystemState(decoded)
        finally:
            self.ale.deleteState(decoded)


EMULATORS = {emulator.name: emulator for emulator in (AlePy, AtariPy)}


def make_emulator(name, game, **settings):
    """The emulator called `name` ("ale-py" or "atari-py") with `game` in it; `settings` as in `Emulator`.

    Raises:
        EmulatorError: no such emulator, or it is not installed.
        roms.RomError: no such game, or its file is damaged.
    """
    if name not in EMULATORS:
        raise EmulatorError(f"There is no emulator {name!r}; choose one of {', '.join(map(repr, EMULATORS))}.")
    return EMULATORS[name](game, **settings)


def _one_of(available, value, what, game):
    available = [int(choice) for choice in available]
    if value is not None and value not in available:
        raise EmulatorError(f"{game} has no {what} {value!r}; choose one of {', '.join(map(str, available))}.")
    return value
