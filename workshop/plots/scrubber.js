// Brings every scrubber on the page to life that is not alive yet; a cell that runs again only finds its own.
for (const figure of document.querySelectorAll(".workshop-scrubber:not([data-ready])")) {
  figure.dataset.ready = "yes";
  const frames = JSON.parse(figure.querySelector("script").textContent);
  const [image, controls, caption] = ["img", ".controls", "figcaption"].map((name) => figure.querySelector(name));
  const [button, slider] = ["button", "input"].map((name) => controls.querySelector(name));
  let timer = null;

  const show = () => {
    const frame = frames[Number(slider.value)];
    image.src = frame.src;
    image.alt = frame.alt;
    caption.textContent = frame.caption;
    slider.setAttribute("aria-valuetext", frame.caption || frame.alt);
  };
  const pause = () => {
    clearInterval(timer);
    timer = null;
    button.textContent = "▶ Play";
  };
  const advance = () => {
    if (!figure.isConnected || Number(slider.value) >= frames.length - 1) return pause();
    slider.value = Number(slider.value) + 1;
    show();
  };
  const play = () => {
    if (Number(slider.value) >= frames.length - 1) slider.value = 0;
    show();
    button.textContent = "❚❚ Pause";
    timer = setInterval(advance, Number(figure.dataset.milliseconds));
  };
  button.addEventListener("click", () => (timer === null ? play() : pause()));
  slider.addEventListener("input", () => {
    pause();
    show();
  });
  controls.style.display = "flex";
  show();
}
