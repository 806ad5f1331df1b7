// The sandbox's page. The server writes it and its parts; these files do as the reader does, over the API
// at /sandbox/, and ask for the parts again whenever something changed.

import "./theme.js";
import { refresh } from "./parts.js";
import "./messages.js";
import "./people.js";
import "./clock.js";
import "./tools.js";
import "./guide.js";

const TOGETHER_MS = 40;
let planned = false;

// Many changes come at once; one look is enough for them.
function changed() {
  if (planned) return;
  planned = true;
  setTimeout(() => { planned = false; refresh(); }, TOGETHER_MS);
}

const events = new EventSource("/sandbox/events");
events.addEventListener("message", changed);
events.addEventListener("open", changed);
events.addEventListener("error", () => document.body.classList.add("lost"));
document.documentElement.classList.add("ready");
