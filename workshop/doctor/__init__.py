"""`workshop doctor`: what this machine has, what it lacks, and the fix for this operating system."""

import dataclasses
import json

from workshop import __version__ as VERSION
from workshop.doctor.checks import CHECKS, NOTE, OK, OPTIONAL, PROBLEM, ROOT, Row
from workshop.doctor.machine import reinstall


def examine(check):
    """The row of one check, whatever happens in it: a check that raises is a problem with the error as its sentence."""
    try:
        return check()
    except Exception as error:
        sentence = str(error).splitlines()[0] if str(error) else "no message"
        return Row(PROBLEM, f"{type(error).__name__}: {sentence}", reinstall())


def what_to_expect(rows):
    """Sentences on what an attendee can do on this machine."""
    sessions = sorted(int(path.name.split("_")[1]) for path in (ROOT / "notebooks").glob("session_*.ipynb"))
    if any(row.state == PROBLEM for row in rows.values()):
        yield "Not yet: mend what is marked PROBLEM, then run `workshop doctor` again."
    else:
        yield "This machine is ready."
    if sessions:
        yield f"Here to be done: session {', '.join(map(str, sessions))}. `make lab` opens the first."
    else:
        yield "No notebooks here yet: `workshop build` makes them."
    numbers = rows["Training"].numbers if "Training" in rows else {}
    if numbers:
        minutes = max(1, round(numbers["pong_minutes"]))
        yield f"`workshop train pong` beats the human player of the Nature paper in about {minutes} minutes on this machine."


def run(as_json=False, list_roms=False):
    """Run all checks and print the table, or JSON. Returns the exit status: 0 if an attendee can start, or else 1."""
    from rich.console import Console

    rows = {}
    with Console(stderr=True).status("") as status:  # invisible where stderr is no terminal
        for name, check in CHECKS.items():
            status.update(f"Looking at {name} ({len(rows) + 1} of {len(CHECKS)})")
            rows[name] = examine(check)
    if as_json:
        print(as_text(rows, list_roms))
    else:
        show(rows, Console(highlight=False))
        if list_roms:
            show_roms()
    return int(any(row.state == PROBLEM for row in rows.values()))


def as_text(rows, list_roms=False):
    """The rows as JSON text."""
    report = {
        "workshop": VERSION,
        "can_start": not any(row.state == PROBLEM for row in rows.values()),
        "expect": list(what_to_expect(rows)),
        "rows": [{"name": name, **dataclasses.asdict(row)} for name, row in rows.items()],
    }
    if list_roms:
        report["roms"] = dict(rom_states())
    return json.dumps(report, indent=2, ensure_ascii=False)


def show(rows, console):
    """Print the table, the fixes below it (unwrapped, to be copied), and what to expect."""
    from rich.table import Table
    from rich.text import Text

    colours = {OK: "green", NOTE: "yellow", OPTIONAL: "dim", PROBLEM: "bold red"}
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, row in rows.items():
        table.add_row(Text(row.state, colours[row.state]), name, Text(row.found))
    console.print(Text(f"Playing Atari with deep RL {VERSION}: what this machine has\n", "bold"))
    console.print(table)
    for title, states in (("To mend", (PROBLEM,)), ("If you like", (NOTE, OPTIONAL))):
        fixes = [(name, row.fix) for name, row in rows.items() if row.state in states and row.fix]
        if fixes:
            console.print(Text(f"\n{title}, in the folder of the kit:", "bold"))
        for name, fix in fixes:
            for line_number, line in enumerate(fix.splitlines()):
                console.print(Text(f"  {name if line_number == 0 else '':12}  {line}"), soft_wrap=True)
    console.print()
    for sentence in what_to_expect(rows):
        console.print(Text(sentence))


def rom_states():
    """Yield (game, what its file is like) for every ROM file, in the order of their names."""
    from workshop.atari import roms

    for game, md5 in sorted(roms.known_md5().items()):
        known_as = "for two players: no id" if game in roms.MULTIPLAYER_ONLY else f"{roms.title(game)}NoFrameskip-v4"
        yield game, f"{md5}  {known_as}" if roms.damage(game) is None else roms.damage(game)


def show_roms():
    print()
    for game, state in rom_states():
        print(f"{game:18} {state}")
