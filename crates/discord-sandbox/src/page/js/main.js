// The sandbox's page. The server renders the page and its parts. These scripts send the user's
// actions to the API at /sandbox/ and fetch the parts again after each change.

import "./theme.js";
import { refresh } from "./parts.js";
import "./messages.js";
import "./menus.js";
import "./people.js";
import "./clock.js";
import "./tools.js";
import "./guide.js";

const DEBOUNCE_MS = 40;
let scheduled = false;

// Changes often arrive in bursts; one refresh covers them all.
function changed() {
  if (scheduled) return;
  scheduled = true;
  setTimeout(() => { scheduled = false; refresh(); }, DEBOUNCE_MS);
}

const events = new EventSource("/sandbox/events");
events.addEventListener("message", changed);
events.addEventListener("open", changed);
events.addEventListener("error", () => document.body.classList.add("lost"));
document.documentElement.classList.add("ready");
