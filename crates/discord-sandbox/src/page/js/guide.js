// The guided start: the bot's hints, one after another. The progress is kept in localStorage.

import { move } from "./clock.js";
import { currentComposer } from "./composer.js";
import { go, whenMoved } from "./place.js";
import { refresh, whenRefreshed } from "./parts.js";

// Absent if the bot has no guide.
const box = document.getElementById("guide");
const opener = document.querySelector("[data-act='guide']");
const hints = box ? [...box.querySelectorAll("[data-hint]")] : [];
// `since` is the id of the newest message when the hint began; `used` are commands and buttons since.
const state = { hint: "", since: "0", used: [], closed: false, ...JSON.parse(localStorage.getItem("guide") || "{}") };
let isOpening = false;

const isNew = (id) => BigInt(id) > BigInt(state.since);
const newest = (ids) => ids.reduce((one, other) => (BigInt(other) > BigInt(one) ? other : one), "0");

// Returns the newest thread started since the hint began, in the selected channel if there is one.
function newThread() {
  const all = [...document.querySelectorAll("#part-nav [data-thread]")].filter((one) => isNew(one.dataset.thread));
  const here = all.filter((one) => one.dataset.channel === document.getElementById("part-channel-head").dataset.id);
  const id = newest((here.length ? here : all).map((one) => one.dataset.thread));
  return all.find((one) => one.dataset.thread === id);
}

function openThread() {
  const thread = newThread();
  if (thread) go({ channel: thread.dataset.channel, thread: thread.dataset.thread });
  return Boolean(thread);
}

const VISIBLE = {
  always: () => true,
  without_thread: () => !newThread(),
  with_thread: () => Boolean(newThread()),
};

// Whether the user did what a hint asks for.
const GOALS = {
  reaction: (emoji) => [...document.querySelectorAll("[data-list] .entry:has([data-act='edit'])")].some((item) =>
    isNew(item.dataset.id) && item.querySelector(`.reaction[data-emoji="${CSS.escape(emoji)}"]`)),
  used: (names) => names.some((name) => state.used.includes(name)),
  thread: () => document.getElementById("part-thread-head").dataset.id === newThread()?.dataset.thread,
};

const ACTIONS = {
  // Then the new thread opens, at once or when it appears.
  next_event: async () => {
    isOpening = true;
    await move({ next: box.dataset.event });
    await refresh();
  },
  open_thread: openThread,
  show_commands: () => {
    const composer = currentComposer();
    composer.text.value = "/";
    composer.text.focus();
    composer.typed();
  },
  run_command: (command) => currentComposer().run(command),
  restart: () => begin(hints[0]),
};

const act = ({ kind, value }) => ACTIONS[kind](value);
const current = () => hints.find((hint) => hint.dataset.hint === state.hint);

function show() {
  box.hidden = state.closed;
  opener.hidden = !state.closed;
  for (const hint of hints) hint.hidden = hint !== current();
  for (const button of box.querySelectorAll("[data-shown]")) button.hidden = !VISIBLE[button.dataset.shown]();
  document.body.classList.toggle("with-guide", !box.hidden);
}

function save() {
  localStorage.setItem("guide", JSON.stringify(state));
  show();
}

function begin(hint) {
  state.hint = hint.dataset.hint;
  const ids = [...document.querySelectorAll("[data-list] .entry")].map((one) => one.dataset.id);
  const threads = [...document.querySelectorAll("#part-nav [data-thread]")].map((one) => one.dataset.thread);
  state.since = newest([...ids, ...threads]);
  state.used = [];
  save();
  const first = JSON.parse(hint.dataset.start);
  if (first) act(first);
}

// Moves to the next hint after the user did what the current one asks for.
function advance() {
  if (state.closed) { show(); return; }
  if (isOpening && openThread()) isOpening = false;
  const hint = current();
  const goal = JSON.parse(hint.dataset.goal);
  const next = hints[hints.indexOf(hint) + 1];
  if (goal && next && GOALS[goal.kind](goal.value)) begin(next);
  else show();
}

function setClosed(isClosed) {
  state.closed = isClosed;
  save();
  if (isClosed) { opener.focus(); return; }
  advance();
  box.querySelector("section:not([hidden]) button:not([hidden]), [data-act='guide-skip']").focus();
}

function start() {
  // The first visit, or a guide of another bot at the same address.
  if (!current()) { state.hint = hints[0].dataset.hint; state.since = "0"; }

  document.addEventListener("used", (event) => {
    state.used.push(event.detail);
    advance();
  });

  box.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.act === "guide-skip") setClosed(true);
    else act(JSON.parse(button.dataset.do));
  });
  opener.addEventListener("click", () => setClosed(false));

  whenMoved(() => { isOpening = false; });
  whenRefreshed(advance);
  advance();
}

if (hints.length > 0) start();
