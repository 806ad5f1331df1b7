// The clock in the bar: ticks every second; its buttons move it forward.

import { attempt, call, toast } from "./api.js";
import { refresh, whenRefreshed } from "./parts.js";

const TICK_MS = 1000;
// The server renders time stamps such as "in 3 minutes", so the page has to refresh them.
const REFRESH_MS = 20000;
let shown = { at: performance.now() };

function read() {
  shown = { at: performance.now() };
}

function tick() {
  const clock = document.getElementById("part-clock");
  if (clock.dataset.flowing !== "true") return;
  const now = Number(clock.dataset.now) + performance.now() - shown.at;
  const parts = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: clock.dataset.zone };
  clock.querySelector(".clock-time").textContent = new Intl.DateTimeFormat("en-GB", parts).format(now);
}

export async function move(to) {
  document.body.classList.add("moving");
  await attempt(() => call("clock", to));
  document.body.classList.remove("moving");
  await refresh();
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-clock]");
  if (button) move(JSON.parse(button.dataset.clock));
  const demo = event.target.closest("[data-demo]");
  if (!demo) return;
  toast(demo.dataset.progress);
  document.body.classList.add("moving");
  const result = await attempt(() => call("demo/" + demo.dataset.demo, {}));
  document.body.classList.remove("moving");
  if (result) toast(result.summary);
  refresh();
});

whenRefreshed(read);
setInterval(tick, TICK_MS);
setInterval(refresh, REFRESH_MS);
