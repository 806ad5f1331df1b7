// Modals that the bot opens.

import { attempt, call } from "./api.js";
import { place } from "./place.js";
import { refresh } from "./parts.js";
import { show } from "./slash.js";

const LONG = 2;
const TEXT_DISPLAY = 10;
const dialog = document.getElementById("form");
const fields = dialog.querySelector(".form-fields");
const error = dialog.querySelector(".form-wrong");
let open = null;

export function openForm(where, form) {
  open = { where, form };
  dialog.querySelector("h2").textContent = form.title;
  error.hidden = true;
  const parts = form.data.components.flatMap((one) => (one.type === TEXT_DISPLAY ? [one] : one.components));
  fields.replaceChildren(...parts.map((one) => (one.type === TEXT_DISPLAY ? text(one) : field(one))));
  dialog.showModal();
  const first = fields.querySelector("input, textarea");
  if (first) first.focus();
}

// The Markdown of the text is shown as it is.
function text(one) {
  const shown = document.createElement("p");
  shown.className = "form-shown";
  shown.textContent = one.content;
  return shown;
}

function field(one) {
  const template = document.getElementById(one.style === LONG ? "form-text" : "form-line");
  const label = template.content.cloneNode(true).firstElementChild;
  const input = label.querySelector("input, textarea");
  label.querySelector("span").textContent = one.label + (one.required === false ? "" : " *");
  input.name = one.custom_id;
  input.value = one.value || "";
  input.placeholder = one.placeholder || "";
  input.required = one.required !== false;
  if (one.max_length) input.maxLength = one.max_length;
  if (one.min_length) input.minLength = one.min_length;
  return label;
}

dialog.addEventListener("click", (event) => {
  if (event.target.closest("[data-act='cancel-form']")) dialog.close();
});

dialog.querySelector("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const written = [...fields.querySelectorAll("input, textarea")].map((input) => [input.name, input.value]);
  const sent = { as: place.as, form: open.form, fields: Object.fromEntries(written) };
  const outcome = await attempt(() => call("form", sent));
  if (!outcome) return;
  if (outcome.kind === "failed" || outcome.kind === "no_response") {
    error.textContent = outcome.kind === "failed" ? outcome.value : "Something went wrong. Try again.";
    error.hidden = false;
    return;
  }
  dialog.close();
  await refresh();
  show(open.where, outcome);
});
