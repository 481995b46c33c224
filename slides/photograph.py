"""Photographs every slide, on a projector and on a phone, and says what is wrong with it: python -m slides.photograph.

A slide is wrong when something sticks out of it, when letters are smaller than 18 pixels on a slide of 1280 × 720, when a
picture is squeezed, when the console reports an error, or when the page asks anybody for anything.
"""

import sys
from pathlib import Path

from slides.build import OUTPUT, decks
from slides.paper import NoBrowser, open_browser

PROJECTOR, PHONE = {"width": 1280, "height": 720}, {"width": 390, "height": 844}
SMALLEST = 18  # pixels

INSPECT = """([smallest, isDeck]) => {
  const told = [], slide = document.querySelector(isDeck ? ".slide.current" : ".slide[data-now]");
  const page = slide.getBoundingClientRect();
  const isHidden = (element) => element.closest(".heard, .notes, svg, dialog");
  for (const element of slide.querySelectorAll("*")) {
    if (isHidden(element)) continue;
    const box = element.getBoundingClientRect();
    if (!box.width || !box.height || element.closest("table, pre, .formula.block") !== null && !isDeck) continue;
    if (box.left < page.left - 1 || box.right > page.right + 1 || box.top < page.top - 1 || box.bottom > page.bottom + 1)
      told.push(`${element.tagName.toLowerCase()}.${element.className} sticks out of the slide: ${element.textContent.slice(0, 40)}`);
    if (isDeck && element.matches(".content, .text, .shown, pre, .exercise")
        && (element.scrollHeight > element.clientHeight + 2 || element.scrollWidth > element.clientWidth + 2))
      told.push(`${element.tagName.toLowerCase()}.${element.className} is too full: ${element.scrollWidth} × ${element.scrollHeight}`
        + ` in ${element.clientWidth} × ${element.clientHeight}`);
    if (isDeck && element.matches("img, video") && Math.min(box.height, box.width) < 200)
      told.push(`a picture is squeezed to ${box.width} × ${box.height}`);
  }
  for (const svg of slide.querySelectorAll("svg.math")) {
    const wanted = parseFloat(svg.style.width) * parseFloat(getComputedStyle(svg).fontSize);
    if (isDeck && !svg.closest(".notes") && svg.getBoundingClientRect().width < 0.97 * wanted) told.push("a formula is squeezed");
  }
  const parts = isDeck ? [...slide.querySelectorAll(":scope > h2, .text, .shown > *, .foot")].map((each) => each.getBoundingClientRect()) : [];
  parts.forEach((one, i) => parts.slice(i + 1).forEach((other) => {
    if (one.left < other.right - 2 && other.left < one.right - 2 && one.top < other.bottom - 2 && other.top < one.bottom - 2)
      told.push(`two parts overlap near ${Math.round(other.left)}, ${Math.round(other.top)}`);
  }));
  const texts = document.createTreeWalker(slide, NodeFilter.SHOW_TEXT);
  while (isDeck && texts.nextNode()) {
    const parent = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || isHidden(parent)) continue;
    const size = parseFloat(getComputedStyle(parent).fontSize);
    if (size < smallest - 0.01) told.push(`letters of ${size} pixels: ${texts.currentNode.data.slice(0, 40)}`);
  }
  return [...new Set(told)];
}"""


def open_deck(browser, file, size, problems, query=""):
    """A page with a deck; what it reports and asks for goes into `problems`, a list of str."""
    page = browser.new_page(viewport=size)
    own = file.as_uri()
    page.on("pageerror", lambda error: problems.append(f"{file.name}: {error}"))
    page.on("console", lambda message: problems.append(f"{file.name}: console: {message.text}"))
    page.on(
        "request",
        lambda request: (
            None
            if request.url.split("#")[0].split("?")[0] == own or request.url.startswith("data:")
            else problems.append(f"{file.name} asks for {request.url}")
        ),
    )
    page.goto(own + query)
    page.evaluate("document.fonts.ready")
    return page


def photograph(browser, folder=OUTPUT, pictures=None):
    """Look at every slide of the decks in `folder`, and photograph each into `pictures` where that is a path.

    Returns (number of photographs, problems): an int and a list of str.
    """
    problems, taken = [], 0
    for deck in decks():
        for size, kind in ((PROJECTOR, "projector"), (PHONE, "phone")):
            page = open_deck(browser, folder / f"{deck.name}.html", size, problems)
            if kind == "phone" and page.evaluate("document.documentElement.scrollWidth") > size["width"]:
                problems.append(f"{deck.name} is wider than a phone")
            for number, slide in enumerate(deck.slides):
                if kind == "projector" and number:
                    page.keyboard.press("ArrowRight")
                elif kind == "phone":
                    page.evaluate(
                        "name => document.querySelectorAll('.slide').forEach((s) => s.toggleAttribute('data-now', s.id === name))",
                        slide.name,
                    )
                if kind == "projector" and page.evaluate("document.querySelector('.slide.current').id") != slide.name:
                    problems.append(f"{slide.name} is not shown when its turn comes")
                if kind == "projector":
                    page.keyboard.press("c")  # code counts as shown
                found = page.evaluate(INSPECT, [SMALLEST, kind == "projector"])
                problems += [f"{slide.name}, {kind}: {each}" for each in found]
                if pictures is not None:
                    target = page if kind == "projector" else page.locator(f"#{slide.name}")
                    target.screenshot(
                        path=pictures / f"{deck.name}_{number + 1:02}_{slide.name}_{kind}.png", animations="disabled"
                    )
                    taken += 1
            page.close()
    return taken, problems


def main():
    """Photograph what `python -m slides` wrote. Returns the exit status: 0 also where there is no browser to look with."""
    pictures = Path(OUTPUT, "pictures")
    if not OUTPUT.is_dir():
        return print("There are no slides yet: run `make slides` first.", file=sys.stderr) or 1
    pictures.mkdir(exist_ok=True)
    try:
        with open_browser() as browser:
            taken, problems = photograph(browser, pictures=pictures)
    except NoBrowser as problem:
        return print(f"{problem}: nobody has looked whether the slides fit.", file=sys.stderr) or 0
    print(*problems, f"{taken} photographs in {pictures}, {len(problems)} problems", sep="\n")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
