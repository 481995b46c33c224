"use strict";
// One slide at a time on a wide window, all of them below each other on a narrow one and after the key A.
const root = document.documentElement;
const slides = [...document.querySelectorAll(".slide")];
const dialog = document.querySelector("dialog");
const status = document.querySelector("[role=status]");
const wide = matchMedia("(min-width: 900px)");
const isSpeaker = location.search === "?speaker";
let current = 0, wantsAll = location.search === "?all", other = null;

function show(number, tell = true) {
  current = Math.max(0, Math.min(slides.length - 1, number));
  slides.forEach((slide, i) => {
    slide.classList.toggle("current", i === current);
    if (i !== current) {
      slide.querySelectorAll("video").forEach((video) => video.pause());
      if (root.classList.contains("deck")) slide.querySelector(".notes").open = false;
      slide.querySelectorAll("pre.answer").forEach((code) => code.classList.remove("open"));
    }
  });
  if (!root.classList.contains("deck")) return;
  const slide = slides[current];
  history.replaceState(null, "", "#" + slide.id);
  status.textContent = `Slide ${current + 1} of ${slides.length}: ${slide.dataset.title}`;
  slide.focus({ preventScroll: true });
  if (isSpeaker) speak(slide);
  if (tell && other && !other.closed) other.postMessage({ slide: current }, "*");
}

function arrange() {
  root.classList.toggle("deck", (wide.matches || isSpeaker) && !wantsAll);
  root.classList.toggle("speaker", isSpeaker);
  document.querySelectorAll("video").forEach((video) => { video.controls = !root.classList.contains("deck"); });
  show(current, false);
  if (!root.classList.contains("deck")) slides[current].scrollIntoView();
}

function uncover(tell = true) {
  slides[current].querySelectorAll("pre.answer").forEach((code) => code.classList.toggle("open"));
  if (tell && other && !other.closed) other.postMessage({ uncover: true }, "*");
}

function speak(slide) {
  slide.querySelector(".notes").open = true;
  const next = slides[current + 1];
  document.querySelector(".next").textContent = next ? "Next: " + next.dataset.title : "This is the last one.";
}

const actions = {
  next: () => show(current + 1),
  previous: () => show(current - 1),
  first: () => show(0),
  last: () => show(slides.length - 1),
  notes: () => { const notes = slides[current].querySelector(".notes"); notes.open = !notes.open; },
  all: () => { wantsAll = !wantsAll; arrange(); },
  keys: () => { if (dialog.open) dialog.close(); else dialog.showModal(); },
  full: () => { if (document.fullscreenElement) document.exitFullscreen(); else root.requestFullscreen(); },
  code: () => uncover(),
  film: () => {
    slides[current].querySelectorAll("video").forEach((video) => { if (video.paused) video.play(); else video.pause(); });
  },
  speaker: () => { other = open(location.pathname + "?speaker#" + slides[current].id, "speaker", "width=1200,height=750"); },
};
const keys = {
  ArrowRight: "next", ArrowDown: "next", PageDown: "next", " ": "next", ArrowLeft: "previous", ArrowUp: "previous",
  PageUp: "previous", Home: "first", End: "last", n: "notes", a: "all", s: "speaker", f: "full", v: "film", c: "code", "?": "keys",
};

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || dialog.open) return;
  const action = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  const isDeck = root.classList.contains("deck");
  if (!action || (!isDeck && action !== "all")) return;
  if (event.target.closest("button, summary, video, a, .said") && /^( |Arrow|Page|Home|End)/.test(event.key)) return;
  event.preventDefault();
  actions[action]();
});
document.querySelector("main").addEventListener("click", (event) => {
  if (event.target.matches("html.deck video")) actions.film();
  if (event.target.closest("html.deck pre.answer:not(.open)")) actions.code();
});
document.querySelector(".controls").addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button) actions[button.dataset.do]();
});
addEventListener("message", (event) => {
  if (event.source !== (isSpeaker ? opener : other)) return;
  if (Number.isInteger(event.data.slide)) show(event.data.slide, false);
  if (event.data.uncover) uncover(false);
});
addEventListener("hashchange", () => {
  const found = slides.findIndex((slide) => "#" + slide.id === location.hash);
  if (found >= 0) show(found);
});
addEventListener("beforeprint", () => root.classList.add("deck", "paper"));
addEventListener("afterprint", () => { root.classList.remove("paper"); arrange(); });

if (isSpeaker) {
  other = opener;
  document.body.insertAdjacentHTML("beforeend", '<p class="next"></p><p class="clock"><b></b><span></span></p>');
  const started = Date.now(), clock = document.querySelector(".clock");
  const tick = () => {
    clock.firstChild.textContent = new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    clock.lastChild.textContent = `${Math.floor((Date.now() - started) / 60000)} minutes since this window opened`;
  };
  tick();
  setInterval(tick, 5000);
}
current = Math.max(0, slides.findIndex((slide) => "#" + slide.id === location.hash));
wide.addEventListener("change", arrange);
arrange();
