"""1.2 and 1.12: the references against the kit's own Sokoban, and against a search through every position."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from workshop.envs.grid import neighbour
from workshop.envs.sokoban import step as rules_of_the_environment
from workshop.exercises import subject
from workshop.exercises.judge import judge
from workshop.exercises.reference import reference
from workshop.exercises.session_1.deadlock import is_deadlock as deadlock_part
from workshop.exercises.session_1.rooms import draw_room, has_goals_enough, playable_rooms, read_room, rooms
from workshop.exercises.session_1.sokoban import sokoban_step as step_part

sokoban_step = reference("sokoban_step")
is_deadlock = reference("is_deadlock")


@given(rooms())
def test_a_room_reads_as_it_is_drawn(text):
    walls, goals, player, boxes = read_room(text)
    assert draw_room(walls, goals, boxes, player) == text


@given(step_part.cases)
def test_no_generated_room_is_solved_or_hopeless(case):
    _, goals, _, boxes, _ = case
    assert boxes - goals
    assert len(boxes) <= len(goals)


def test_no_example_is_solved_and_every_kind_of_move_is_there():
    kinds = set()
    for walls, goals, player, boxes, action in step_part.examples:
        assert boxes - goals and len(boxes) <= len(goals)
        moved, new_boxes, _, terminated = sokoban_step(walls, goals, player, boxes, action)
        kinds.add((action, "blocked" if moved == player else "walk" if boxes == new_boxes else "push"))
        kinds.add("solved" if terminated else "open")
    pushes_and_stops = {(action, kind) for action in range(4) for kind in ("push", "blocked")}
    assert kinds >= pushes_and_stops | {(1, "walk"), (3, "walk"), "solved", "open"}


@given(playable_rooms, st.lists(st.integers(0, 3), max_size=30))
def test_reference_plays_by_the_rules_of_the_environment(text, actions):
    walls, goals, player, boxes = read_room(text)
    for action in actions:
        expected = rules_of_the_environment(walls, goals, player, boxes, action)
        assert sokoban_step(walls, goals, player, boxes, action) == expected
        player, boxes, _, terminated = expected
        if terminated:
            break


@given(playable_rooms)
def test_a_deadlock_is_never_a_false_alarm(text):
    walls, goals, player, boxes = read_room(text)
    assume(is_deadlock(walls, goals, boxes))
    reached, frontier = {(player, boxes)}, [(player, boxes)]
    for position in frontier:
        for action in range(4):
            *following, _, terminated = rules_of_the_environment(walls, goals, *position, action)
            assert not terminated
            if tuple(following) not in reached:
                reached.add(tuple(following))
                frontier.append(tuple(following))


@given(rooms().filter(has_goals_enough))
def test_a_deadlock_is_a_box_that_nobody_can_move_even_alone(text):
    walls, goals, _, boxes = read_room(text)

    def can_move(box):
        beside = [(neighbour(box, (action + 2) % 4), action) for action in range(4)]
        return any(
            rules_of_the_environment(walls, set(), player, frozenset({box}), action)[0] == box
            for player, action in beside
            if player not in walls
        )

    assert is_deadlock(walls, goals, boxes) == any(box not in goals and not can_move(box) for box in boxes)


@pytest.mark.parametrize(
    "wrong", [0, (), ((1, 1),), [(1, 1)], (None, frozenset(), 0.0, False), ((), {()}, [], ""), ((1, 2), 3, 4, 5)]
)
@pytest.mark.parametrize("part", [step_part, deadlock_part], ids=lambda part: part.name)
def test_whatever_is_returned_is_refused_in_words(part, wrong):
    judgement = judge(
        part, lambda driver, arguments, seconds: subject.run(lambda *_: wrong, driver, arguments, seconds)
    )
    assert judgement.verdict == "fail"
    assert "should" in judgement.sentence


def test_a_wrong_move_is_shown_as_a_picture():
    def walks_through_walls(walls, goals, player, boxes, action):
        result = sokoban_step(set(), goals, player, boxes, action)
        return result if action == 0 else sokoban_step(walls, goals, player, boxes, action)

    def call(driver, arguments, seconds):
        return subject.run(walks_through_walls, driver, arguments, seconds)

    judgement = judge(step_part, call)
    assert judgement.call == (
        "sokoban_step(walls, goals, (1, 1), frozenset({(1, 2)}), 0), a move up in\n####\n#+$#\n####"
    )
    assert judgement.sentence == (
        "player should be (1, 1); it is (0, 1)\nshould be   is\n####        #@##\n#+$#        #.$#\n####        ####"
    )
