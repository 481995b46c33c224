"""Makes readme.png, the picture on the README's first screen, from the kit itself.

    .venv/bin/python slides/figures/make_readme_picture.py

Exercise 1.3 in JupyterLab with a wrong answer, as `check` explains it; the agent that Q-learning trained on a level of
Sokoban, step by step; frames of Pong. Needs the extra `dev`, and Chromium or Chrome.
"""

import io
import sys
import tempfile
from pathlib import Path

import gym
import numpy as np
from PIL import Image
from playwright.sync_api import sync_playwright

import workshop  # noqa: F401  registers the environments
from workshop import notebooks, plots
from workshop.exercises.reference import reference

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))  # the tests know how to drive JupyterLab

from tests.notebooks.lab import BROWSER_OPTIONS, Attendee, Lab, find_browser

SHARPNESS = 2  # pixels of the picture for each of the 900 that GitHub shows
WRONG = """def discounted_return(rewards, gamma):
    total = 0.0
    for t, reward in enumerate(rewards, start=1):
        total += gamma**t * reward
    return total"""
STYLE = """<style>
  body { margin: 0; background: white; color: #222; font: 15px "DejaVu Sans", sans-serif }
  main, section { display: flex; justify-content: space-between }
  main { box-sizing: border-box; width: 900px; padding: 14px }
  h1 { margin: 0 0 14px; font-size: 15px }
</style>"""
BODY = """<main>
  <div style="width: 476px">
    <h1>A wrong answer, and the input that shows it</h1>
    <img src="{mistake}" style="width: 476px">
    <h1 style="margin-top: 18px">Where it leads: Pong, from the screen alone</h1>
    <section>{pong}</section>
  </div>
  <div style="width: 376px">
    <h1>Right answers, and what they learned</h1>
    <img src="{walk}" style="width: 376px">
  </div>
</main>"""


def main():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=BROWSER_OPTIONS)
        body = BODY.format(
            mistake=explained_mistake(browser).uri,
            pong="".join(f'<img src="{picture.uri}" style="width: 110px">' for picture in pong()),
            walk=walking_agent().uri,
        )
        page = browser.new_page(viewport={"width": 900, "height": 800}, device_scale_factor=SHARPNESS)
        page.set_content(STYLE + body)
        shot = Image.open(io.BytesIO(page.locator("main").screenshot())).convert("RGB")
        browser.close()
    shot.quantize(256, dither=Image.Dither.NONE).save(HERE / "readme.png", optimize=True)


def explained_mistake(browser):
    """Exercise 1.3 and its check in a real notebook, photographed: a Picture."""
    master = next(path for path in notebooks.masters() if path.stem.startswith("session_1"))
    with tempfile.TemporaryDirectory() as folder:
        notebook = Path(folder, "session_1.ipynb")
        notebook.write_text(notebooks.attendee_notebook(master), encoding="utf-8")
        home = Path(folder, "home")
        home.mkdir()
        lab = Lab(Path(folder), home)
        try:
            lab.set_theme("JupyterLab Light")
            page = browser.new_page(viewport={"width": 894, "height": 1100}, device_scale_factor=SHARPNESS)
            attendee = Attendee(page, lab.address(notebook.name))
            attendee.run(attendee.cell("import gym"))
            answer, check = attendee.cell(r"def discounted_return\("), attendee.cell(r"check\(discounted_return\)$")
            attendee.type(answer, WRONG)
            attendee.run(answer)
            said = attendee.run(check)
            top, bottom = answer.bounding_box(), said.bounding_box()
            area = {
                "x": top["x"],
                "y": top["y"],
                "width": top["width"],
                "height": bottom["y"] + bottom["height"] - top["y"],
            }
            return plots.Picture(page.screenshot(clip=area), "")
        finally:
            lab.close()


def pong():
    """Four moments of a rally, the player moving at random: Pictures."""
    env = gym.make("PongNoFrameskip-v4", render_mode="rgb_array")
    env.reset(seed=1)
    rng = np.random.default_rng(0)
    frames = []
    for step in range(126):
        env.step(int(rng.integers(6)))
        if step in (80, 95, 110, 125):
            frames.append(env.render().repeat(2, axis=0).repeat(2, axis=1))
    return [plots.Picture.from_array(frame, "") for frame in frames]


def walking_agent():
    """The greedy policy of a learned table on the level "pair", frame by frame: a Picture."""
    env = gym.make("workshop/Sokoban-v0", level="pair")
    learn = reference("q_learning")
    Q = learn(env, episodes=2000, alpha=0.5, gamma=0.9, epsilon=0.2, rng=np.random.default_rng(0))
    env = gym.make("workshop/Sokoban-v0", level="pair", render_mode="rgb_array_list", max_episode_steps=40)
    episode = reference("run_episode")(env, lambda state: int(Q[state].argmax()), seed=0)
    captions = ["start", *(f"{'↑→↓←'[step.action]}  reward {step.reward:g}" for step in episode)]
    title = f"Q-learning, after 2,000 games: {len(episode)} moves"
    return plots.filmstrip(env.render(), captions, title=title, columns=3, width=5.0)


if __name__ == "__main__":
    main()
