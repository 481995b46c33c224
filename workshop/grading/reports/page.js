"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const kept = (history.state && history.state.workshop) || {}; // what the reader had done before the page reloaded

  // The table of everybody: sorted by its headings, filtered by what stands in a line.
  const table = byId("room");
  let sorted = null; // [column, 1 or -1]
  if (table) {
    const heads = [...table.tHead.rows[0].cells];
    const body = table.tBodies[0];
    const lines = [...body.rows];
    const texts = lines.map((line) => line.textContent.toLowerCase());
    const ranks = { "✗": 0, "?": 1, "…": 2, "↺": 3, "✓": 4, "–": 5 };
    const keyOf = {};
    for (const [column, head] of heads.entries()) {
      const isNumber = head.classList.contains("number");
      const key = (line) => {
        const text = line.cells[column].textContent.trim();
        return isNumber ? parseFloat(text) : column ? ranks[text[0]] : lines.indexOf(line); // by name as it came
      };
      keyOf[column] = new Map(lines.map((line) => [line, key(line)]));
      const button = document.createElement("button");
      button.type = "button";
      button.id = `sort-${column}`;
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const falling = column === 1 || column === heads.length - 1; // of points and seconds, most first
        const first = falling ? -1 : 1;
        sort(column, sorted && sorted[0] === column ? -sorted[1] : first);
      });
    }

    const sort = (column, direction) => {
      const keys = keyOf[column];
      const order = (one, other) => {
        const [a, b] = [keys.get(one), keys.get(other)];
        return direction * (a - b) || lines.indexOf(one) - lines.indexOf(other);
      };
      body.append(...[...lines].sort(order));
      for (const head of heads) head.removeAttribute("aria-sort");
      heads[column].setAttribute("aria-sort", direction > 0 ? "ascending" : "descending");
      sorted = [column, direction];
    };

    const filter = () => {
      const words = byId("filter").value.toLowerCase().split(/\s+/);
      let shown = 0;
      for (const [number, line] of lines.entries()) {
        line.hidden = !words.every((word) => texts[number].includes(word));
        shown += !line.hidden;
      }
      byId("shown").textContent = shown < lines.length ? `${shown} of ${lines.length}` : "";
    };

    byId("tools").hidden = false;
    byId("filter").value = kept.filter || "";
    byId("filter").addEventListener("input", filter);
    filter();
    if (kept.sorted && kept.sorted[0] < heads.length) sort(...kept.sorted);
    else heads[0].setAttribute("aria-sort", "ascending");
  }

  // A page that brings itself up to date stays where the reader is: scrolled, focused, folded as it was.
  const seconds = Number(document.documentElement.dataset.reload);
  if (!seconds) return;
  const scroll = byId("scroll");
  const pause = byId("pause");

  const selectorOf = (element) => {
    if (element.id) return `#${CSS.escape(element.id)}`;
    const href = element.getAttribute("href");
    return href ? `a[href="${CSS.escape(href)}"]` : "";
  };
  const detailsOpen = () => [...document.querySelectorAll("details[open]")].map((details) => details.id);

  const remember = () => {
    const field = byId("filter");
    const state = {
      filter: field ? field.value : "",
      caret: field ? [field.selectionStart, field.selectionEnd] : null,
      sorted,
      focus: selectorOf(document.activeElement),
      open: detailsOpen(),
      window: [scrollX, scrollY],
      table: scroll ? [scroll.scrollLeft, scroll.scrollTop] : null,
    };
    history.replaceState({ workshop: state }, "");
  };

  const restore = () => {
    for (const id of kept.open || []) if (byId(id)) byId(id).open = true;
    const focused = kept.focus && document.querySelector(kept.focus);
    if (focused) focused.focus({ preventScroll: true });
    if (focused && focused.id === "filter" && kept.caret) focused.setSelectionRange(...kept.caret);
    if (scroll && kept.table) scroll.scrollTo(...kept.table);
    if (kept.window) window.scrollTo(...kept.window);
  };

  let typed = 0;
  document.addEventListener("keydown", () => (typed = Date.now()));
  const isBusy = () =>
    pause.getAttribute("aria-pressed") === "true" ||
    !getSelection().isCollapsed ||
    Date.now() - typed < 1000;
  const reload = () => {
    if (isBusy()) return;
    remember();
    location.reload();
  };
  pause.hidden = false;
  pause.addEventListener("click", () => {
    const pressed = pause.getAttribute("aria-pressed") === "true";
    pause.setAttribute("aria-pressed", String(!pressed));
  });
  history.scrollRestoration = "manual";
  restore();
  setInterval(reload, 1000 * seconds);
})();
