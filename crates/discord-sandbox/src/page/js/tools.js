// The panel with faults and the log.

import { attempt, call } from "./api.js";
import { go, place } from "./place.js";
import { refresh } from "./parts.js";

const panel = document.getElementById("tools");
const opener = document.querySelector("[data-act='tools']");

function open(shown) {
  panel.hidden = !shown;
  document.body.classList.toggle("with-tools", shown);
  opener.setAttribute("aria-expanded", String(shown));
  if (shown !== place.tools) go({ tools: shown });
  if (shown) panel.querySelector("button").focus();
}

opener.addEventListener("click", () => open(panel.hidden));
if (place.tools) open(true);

async function act(path, body) {
  await attempt(() => call(path, body));
  refresh();
}

panel.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const { bot, gateway, unfault, act: action } = button.dataset;
  if (bot) act("bot", { action: bot });
  if (gateway) act("gateway", { action: gateway });
  if (unfault) act("unfault", { id: Number(unfault) });
  if (action === "clear-faults") act("unfault", {});
  if (action === "close-tools") { open(false); opener.focus(); }
});

panel.addEventListener("keydown", (event) => {
  if (event.key === "Escape") { open(false); opener.focus(); }
});

document.getElementById("fault-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const given = new FormData(event.target);
  act("fault", {
    fault: given.get("fault"),
    route: given.get("route") || null,
    times: Number(given.get("times")) || 1,
    after: given.has("after"),
  });
});

panel.addEventListener("change", (event) => {
  const { permission } = event.target.dataset;
  if (!permission) return;
  const guild = event.target.closest("[data-guild]").dataset.guild;
  act("permission", { guild, name: permission, allowed: event.target.checked });
});

// The bodies and violations of a line are loaded when it is opened.
panel.addEventListener("toggle", async (event) => {
  const line = event.target.closest(".log-line");
  if (!line || !line.open || line.dataset.full) return;
  line.dataset.full = "1";
  const response = await fetch("/page/log/" + line.parentElement.dataset.seq);
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  line.querySelector(".log-full").replaceChildren(...fresh.body.children);
}, true);
