// The guided start: the bot's hints, one after another. The progress is kept in localStorage.

import { move } from "./clock.js";
import { composers } from "./composer.js";
import { go } from "./place.js";
import { whenRefreshed } from "./parts.js";

// Absent if the bot has no guide.
const box = document.getElementById("guide");
const hints = box ? [...box.querySelectorAll("[data-hint]")] : [];
const state = JSON.parse(localStorage.getItem("guide") || '{"hint":"","used":[]}');

const threads = () => [...document.querySelectorAll("#list-channel .thread-card")];

const VISIBLE = {
  always: () => true,
  without_thread: () => threads().length === 0,
  with_thread: () => threads().length > 0,
};

// Whether the user did what a hint asks for.
const GOALS = {
  reaction: (emoji) => [...document.querySelectorAll("#list-thread .entry")].some((item) =>
    item.querySelector("[data-act='edit']") && item.querySelector(`.reaction[data-emoji="${CSS.escape(emoji)}"]`)),
  commands: (names) => names.every((name) => state.used.includes(name)),
  new_thread: () => threads().length > (state.threads || 0),
};

const ACTIONS = {
  next_event: () => move({ next: box.dataset.event }),
  open_thread: () => go({ thread: threads().pop().dataset.thread }),
  show_commands: () => {
    const composer = composers.channel;
    composer.text.value = "/";
    composer.text.focus();
    composer.typed();
  },
};

function current() {
  return hints.find((hint) => hint.dataset.hint === state.hint);
}

function show() {
  box.hidden = state.hint === "over";
  for (const hint of hints) hint.hidden = hint !== current();
  for (const step of box.querySelectorAll("[data-done]")) step.classList.toggle("done", state.used.includes(step.dataset.done));
  for (const button of box.querySelectorAll("[data-shown]")) button.hidden = !VISIBLE[button.dataset.shown]();
  document.body.classList.toggle("with-guide", !box.hidden);
}

function save() {
  localStorage.setItem("guide", JSON.stringify(state));
  show();
}

// Moves to the next hint after the user did what the current one asks for.
function advance() {
  const hint = current();
  const goal = hint && JSON.parse(hint.dataset.goal);
  const next = hints[hints.indexOf(hint) + 1];
  if (goal && next && GOALS[goal.kind](goal.value)) {
    state.hint = next.dataset.hint;
    state.threads = threads().length;
  }
  save();
}

function start() {
  // The first visit, or a guide of another bot at the same address.
  if (state.hint !== "over" && !current()) state.hint = hints[0].dataset.hint;

  document.addEventListener("used", (event) => {
    if (!state.used.includes(event.detail)) state.used.push(event.detail);
    advance();
  });

  box.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.act === "guide-skip") { state.hint = "over"; save(); return; }
    ACTIONS[button.dataset.do]();
  });

  whenRefreshed(advance);
  show();
}

if (hints.length > 0) start();
