// Switches the member to act as, the channel and the thread.

import { go, whenMoved } from "./place.js";
import { whenRefreshed } from "./parts.js";
import { toEnd } from "./scroll.js";

const thread = document.getElementById("thread");
const nav = document.getElementById("nav");
const opener = document.querySelector("[data-act='nav']");

function openNav(open) {
  document.body.classList.toggle("nav-open", open);
  opener.setAttribute("aria-expanded", String(open));
}

nav.addEventListener("change", (event) => {
  if (event.target.name === "me") go({ as: event.target.value });
});

nav.addEventListener("click", (event) => {
  const button = event.target.closest("[data-channel]");
  if (!button) return;
  openNav(false);
  go({ channel: button.dataset.channel, thread: button.dataset.thread || "" });
});

opener.addEventListener("click", () => openNav(!document.body.classList.contains("nav-open")));

thread.addEventListener("click", (event) => {
  if (!event.target.closest("[data-act='close-thread']")) return;
  go({ thread: "" });
  document.querySelector("#channel textarea").focus();
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") openNav(false);
});

function showThread() {
  const shown = Boolean(document.getElementById("part-thread-head").dataset.id);
  const was = !thread.hidden;
  thread.hidden = !shown;
  document.body.classList.toggle("with-thread", shown);
  if (shown && !was) {
    toEnd(document.getElementById("list-thread"));
    document.querySelector("#thread textarea").focus({ preventScroll: true });
  }
}

whenRefreshed(showThread);
whenMoved((where) => { if (where.as) document.body.dataset.me = where.as; });
showThread();
