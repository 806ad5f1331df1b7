// Actions on messages: press, choose, react, reply, edit, delete, open spoilers and threads.

import { attempt, call } from "./api.js";
import { composers } from "./composer.js";
import { go, place } from "./place.js";
import { refresh, whenRefreshed } from "./parts.js";
import { show } from "./slash.js";

const whereOf = (item) => item.parentElement.id.slice(5);

// `used` is the label of a button.
export function press(item, button, values, used) {
  return interact(item, "press", { button, values }, used);
}

function runApp(item, button) {
  button.closest(".apps").open = false;
  return interact(item, "message-command", { command: button.dataset.app });
}

async function interact(item, action, request, used) {
  item.classList.add("busy");
  const outcome = await attempt(() => call(action, { message: item.dataset.id, as: place.as, ...request }));
  item.classList.remove("busy");
  await refresh();
  if (outcome) show(whereOf(item), outcome, used);
}

function openSpoiler(spoiler) {
  spoiler.setAttribute("aria-expanded", "true");
  spoiler.setAttribute("aria-label", "Spoiler, shown");
  spoiler.querySelector(".spoiler-text").removeAttribute("aria-hidden");
}

const ACTIONS = {
  dismiss: async (item) => { await attempt(() => call("dismiss", { message: item.dataset.id, as: place.as })); refresh(); },
  reply: (item) => composers[whereOf(item)].setTarget({ id: item.dataset.id, author: item.dataset.author }),
  edit: (item, button) => composers[whereOf(item)].setTarget({ id: item.dataset.id, edit: true, source: button.dataset.source }),
  delete: async (item) => { await attempt(() => call("delete", { message: item.dataset.id, as: place.as })); refresh(); },
};

async function react(item, button) {
  const on = button.getAttribute("aria-pressed") !== "true";
  await attempt(() => call("react", { message: item.dataset.id, as: place.as, emoji: button.dataset.emoji, on }));
  refresh();
}

document.addEventListener("click", (event) => {
  for (const apps of document.querySelectorAll(".apps[open]")) if (!apps.contains(event.target)) apps.open = false;
  const item = event.target.closest(".entry");
  if (!item) return;
  const spoiler = event.target.closest(".spoiler");
  if (spoiler && spoiler.getAttribute("aria-expanded") === "false") {
    event.preventDefault();
    openSpoiler(spoiler);
    return;
  }
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.press) press(item, button.dataset.press, [], button.textContent.trim());
  else if (button.dataset.command) composers[whereOf(item)].start(button.dataset.command);
  else if (button.dataset.app) runApp(item, button);
  else if (button.dataset.emoji) react(item, button);
  else if (button.dataset.thread) go({ thread: button.dataset.thread });
  else if (ACTIONS[button.dataset.act]) ACTIONS[button.dataset.act](item, button);
});

document.addEventListener("keydown", (event) => {
  const spoiler = event.target.closest?.(".spoiler");
  if (spoiler && (event.key === "Enter" || event.key === " ")) { event.preventDefault(); spoiler.click(); }
  const apps = event.key === "Escape" && event.target.closest?.("details.apps[open]");
  if (apps) { apps.open = false; apps.querySelector("summary").focus(); }
});

// The bot chooses an embed's colour. It is set by script because the page's Content-Security-Policy
// forbids style attributes.
function applyStyles() {
  for (const embed of document.querySelectorAll(".embed[data-color]")) {
    embed.style.borderInlineStartColor = embed.dataset.color;
  }
}

whenRefreshed(applyStyles);
applyStyles();
