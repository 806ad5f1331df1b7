// The guided start: three hints, from the first reply to the second day. The progress is kept in
// localStorage.

import { move } from "./clock.js";
import { composers } from "./composer.js";
import { go } from "./place.js";
import { whenRefreshed } from "./parts.js";

const box = document.getElementById("guide");
const state = JSON.parse(localStorage.getItem("guide") || '{"hint":"reply","used":[]}');
const NEEDED = ["answer", "quiz"];

function save() {
  localStorage.setItem("guide", JSON.stringify(state));
  show();
}

const questions = () => [...document.querySelectorAll("#list-channel .thread-card")];

function show() {
  box.hidden = state.hint === "over";
  for (const hint of box.querySelectorAll("[data-hint]")) hint.hidden = hint.dataset.hint !== state.hint;
  for (const step of box.querySelectorAll("[data-done]")) step.classList.toggle("done", state.used.includes(step.dataset.done));
  const has = questions().length > 0;
  box.querySelector("[data-act='guide-question']").hidden = has;
  box.querySelector("[data-act='guide-thread']").hidden = !has;
  document.body.classList.toggle("with-guide", !box.hidden);
}

// Moves to the next hint after the user did what the current one asks for.
function advance() {
  const marked = [...document.querySelectorAll("#list-thread .entry")].some(
    (item) => item.querySelector("[data-act='edit']") && item.querySelector('.reaction[data-emoji="✅"]'),
  );
  if (state.hint === "reply" && marked) state.hint = "commands";
  if (state.hint === "tomorrow" && questions().length > state.questions) state.hint = "done";
  save();
}

document.addEventListener("used", (event) => {
  if (!state.used.includes(event.detail)) state.used.push(event.detail);
  if (state.hint === "commands" && NEEDED.every((one) => state.used.includes(one))) {
    state.hint = "tomorrow";
    state.questions = questions().length;
  }
  save();
});

const ACTIONS = {
  "guide-question": () => move({ next: "question" }),
  "guide-thread": () => go({ thread: questions().pop().dataset.thread }),
  "guide-slash": () => {
    const composer = composers.channel;
    composer.text.value = "/";
    composer.text.focus();
    composer.typed();
  },
  "guide-tomorrow": () => move({ next: "question" }),
  "guide-skip": () => { state.hint = "over"; save(); },
};

box.addEventListener("click", (event) => {
  const action = ACTIONS[event.target.closest("button")?.dataset.act];
  if (action) action();
});

whenRefreshed(advance);
show();
