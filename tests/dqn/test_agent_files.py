"""Agents of runs, agents in files, and agents at play."""

import json
import types
import zlib

import numpy as np
import pytest

from tests.dqn.runs_for_tests import SMALL, differences
from workshop.dqn import agent_files
from workshop.dqn.checkpoints import CheckpointError
from workshop.dqn.evaluation import evaluate
from workshop.dqn.play import play
from workshop.dqn.presets import make_training
from workshop.dqn.run import Run
from workshop.dqn.running import Running


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run whose best agent and whose last are not the same."""
    training = make_training("pong", SMALL, 1, workers=0)
    run = Run.create("pong", "small", SMALL, 1, threads=1, folder=tmp_path_factory.mktemp("runs") / "run")
    rhythm = {"checkpoint_minutes": 60, "evaluate_minutes": 60, "evaluate_episodes": 2}
    Running(run, training, steps=150, **rhythm).go()
    run.checkpoints.save_best({**run.checkpoints.load_best(), "score": "beyond all others"}, 150, 99.0)
    Running(run, training, steps=300, **rhythm).go()
    run.checkpoints.close()
    training.env.close()
    return run


def parameters(agent):
    return {name: parameter.array for name, parameter in agent.agent.online_network.namedparams()}


def test_the_best_and_the_last_agent_of_a_run(run):
    best, last = agent_files.from_run(run, "best"), agent_files.from_run(run, "last")
    assert differences(parameters(best), run.checkpoints.load_best()["agent"]) == []
    assert differences(parameters(last), run.checkpoints.load()["training"]["agent"]["online"]) == []
    assert differences(parameters(best), parameters(last))
    assert differences(parameters(agent_files.from_run(run)), parameters(best)) == []
    assert best.actions == ("NOOP", "FIRE", "RIGHT", "LEFT", "RIGHTFIRE", "LEFTFIRE")


def test_the_replay_memory_is_not_read_for_the_last_agent(run):
    newest = [checkpoint.path for checkpoint in run.checkpoints.list() if not checkpoint.best][-1]
    pieces = [path for path in newest.iterdir() if path.name != "manifest.jsonl"]
    for piece in pieces:
        piece.rename(piece.with_suffix(".away"))
    try:
        with pytest.raises(CheckpointError):
            run.checkpoints.load()
        agent_files.from_run(run, "last")
    finally:
        for piece in pieces:
            piece.with_suffix(".away").rename(piece)


def test_without_an_evaluation_the_last_is_the_best_there_is(tmp_path):
    run = Run.create("pong", "small", SMALL, 1, threads=1, folder=tmp_path / "run")
    with pytest.raises(CheckpointError, match="holds no checkpoint yet"):
        agent_files.from_run(run)
    training = make_training("pong", SMALL, 1, workers=0)
    run.checkpoints.save({"training": training.get_state()}, 0)
    training.env.close()
    assert agent_files.from_run(run).name == "run, last"
    with pytest.raises(CheckpointError, match="no best agent"):
        agent_files.from_run(run, "best")


def test_an_agent_comes_back_from_its_file(run, tmp_path):
    size = agent_files.export(run, tmp_path / "pong.npz")
    assert size == (tmp_path / "pong.npz").stat().st_size < 100_000
    back = agent_files.from_file(tmp_path / "pong.npz")
    assert differences(parameters(back), run.checkpoints.load_best()["agent"]) == []
    assert (back.game, back.preset, back.name) == ("pong", SMALL, "pong")
    card = json.loads((tmp_path / "pong.json").read_text())
    best = run.checkpoints.load_best()
    assert card["evaluation"]["mean"] == best["row"]["mean"] == best["scores"].mean()
    assert card["evaluation"]["scores"] == best["scores"].tolist()
    assert (card["steps"], card["updates"]) == (best["row"]["steps"], best["row"]["updates"])
    assert card["commit"] == run.card["commit"]
    assert card["machine"] == run.card["machine"]
    assert (tmp_path / "pong.png").read_bytes().startswith(b"\x89PNG")
    # What the card says about its scores can be had again.
    again = evaluate(
        back.agent.q_values, "pong", episodes=2, seed=card["evaluation"]["seed"], **agent_files.rules(SMALL)
    )
    assert again.scores.tolist() == card["evaluation"]["scores"]


def test_a_file_that_is_not_right_is_refused(run, tmp_path):
    file, card_file = tmp_path / "pong.npz", tmp_path / "pong.json"
    agent_files.export(run, file)
    whole, card = file.read_bytes(), json.loads(card_file.read_text())
    file.write_bytes(whole[:-1] + b"!")
    with pytest.raises(agent_files.AgentError, match="checksum"):
        agent_files.from_file(file)
    file.write_bytes(whole)
    for spoiled in ({**card, "settings": {}}, {**card, "game": None}, [], {}):
        card_file.write_text(json.dumps(spoiled))
        with pytest.raises(agent_files.AgentError):
            agent_files.from_file(file)
    card_file.write_text("{")
    with pytest.raises(agent_files.AgentError):
        agent_files.from_file(file)
    other = {**card, "settings": {**card["settings"], "frame_shape": [40, 40]}}
    card_file.write_text(json.dumps(other))
    with pytest.raises(agent_files.AgentError, match="another network's parameters"):
        agent_files.from_file(file)
    card_file.unlink()
    with pytest.raises(agent_files.AgentError, match="pong.json cannot be read"):
        agent_files.from_file(file)


def test_an_agent_too_large_for_the_repository_is_refused(run, tmp_path, monkeypatch):
    monkeypatch.setattr(agent_files, "MOST_BYTES", 1000)
    with pytest.raises(agent_files.AgentError, match="1,000"):
        agent_files.export(run, tmp_path / "pong.npz")
    assert list(tmp_path.iterdir()) == []


def test_agents_that_come_with_the_kit_can_be_read_and_keep_to_their_size():
    for file in agent_files.FOLDER.glob("*.npz"):
        assert agent_files.pretrained(file.stem).game == file.stem
        assert file.stat().st_size <= agent_files.MOST_BYTES
    with pytest.raises(agent_files.AgentError, match="There are:"):
        agent_files.pretrained("pitfall")


# At play


def test_whole_games_are_played_one_after_the_other(run):
    agent, scores = agent_files.from_run(run), []
    moments = list(play(agent, episodes=2, epsilon=0.0, seed=4, scores=scores))
    assert [moments[0].score, moments[0].episode, moments[-1].episode] == [0, 0, 1]
    assert len(scores) == 2
    assert all(moment.action == moment.q_values.argmax() and not moment.random for moment in moments)
    assert moments[0].screen.shape == (210, 160, 3)


def test_an_agent_sees_at_play_what_it_sees_when_it_is_evaluated(run):
    """It acts on every bit of what it sees: one difference, and another game follows."""
    seen = []

    def q_values(states):
        [state] = states
        seen.append(zlib.crc32(state.tobytes()))
        return np.eye(6, dtype=np.float32)[[seen[-1] % 6]]

    agent, scores = agent_files.from_run(run)._replace(agent=types.SimpleNamespace(q_values=q_values)), []
    moments = list(play(agent, epsilon=0.0, seed=4, scores=scores))
    at_play = seen.copy()
    seen.clear()
    found = evaluate(q_values, "pong", episodes=1, epsilon=0.0, seed=4, **agent_files.rules(SMALL))
    assert seen == at_play
    assert len(set(seen)) > 50
    assert found.scores.tolist() == scores
    assert 4 * len(moments) - 4 < found.frames[0] <= 4 * len(moments) + 30, "four frames a step, and the no-ops"


def test_the_same_seed_gives_the_same_film_and_another_one_another(run):
    agent = agent_files.from_run(run)

    def actions(seed):
        return [moment.action for moment in play(agent, epsilon=0.5, seed=seed)]

    assert actions(1) == actions(1)
    assert actions(1) != actions(2)


def test_epsilon_is_the_share_of_random_actions(run):
    agent = agent_files.from_run(run)
    random = [moment.random for seed in range(3) for moment in play(agent, epsilon=0.3, seed=seed)]
    assert np.mean(random) == pytest.approx(0.3, abs=4 * np.sqrt(0.21 / len(random)))
