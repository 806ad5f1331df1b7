// Select menus. As on Discord, a choice is sent when the menu closes: at once if it takes a single
// value, otherwise with a click elsewhere, Esc, or a press of the menu itself.

import { toast } from "./api.js";
import { press } from "./messages.js";

const checked = (menu) => [...menu.querySelectorAll("input:checked")].map((input) => input.value);
// Returns what was chosen before the menu opened: what was sent last, or what the bot preselected.
function before(menu) {
  if (menu.dataset.sent) return JSON.parse(menu.dataset.sent);
  return [...menu.querySelectorAll("input")].filter((input) => input.defaultChecked).map((input) => input.value);
}

const openMenus = () => [...document.querySelectorAll("details.menu[open]")];

function choose(menu, values) {
  for (const input of menu.querySelectorAll("input")) input.checked = values.includes(input.value);
  limit(menu);
}

// A full menu takes no further choice.
function limit(menu) {
  const isFull = checked(menu).length >= Number(menu.dataset.max);
  for (const input of menu.querySelectorAll("[type='checkbox']")) input.disabled = isFull && !input.checked;
}

function close(menu) {
  const hadFocus = menu.contains(document.activeElement);
  menu.open = false;
  if (hadFocus) menu.querySelector("summary").focus({ preventScroll: true });
}

// Sends what was chosen, if it changed and is enough.
function send(menu) {
  const values = checked(menu);
  if (JSON.stringify(values) === JSON.stringify(before(menu))) return;
  if (values.length < Number(menu.dataset.min)) {
    choose(menu, before(menu));
    toast("Choose at least " + menu.dataset.min);
  } else {
    menu.dataset.sent = JSON.stringify(values);
    press(menu.closest(".entry"), menu.dataset.menu, values);
  }
}

document.addEventListener("toggle", (event) => {
  const menu = event.target.closest?.("details.menu");
  // The page may have replaced the message meanwhile.
  if (!menu || !menu.isConnected) return;
  if (menu.open) limit(menu);
  else send(menu);
}, true);

let byPointer = false;
document.addEventListener("pointerdown", () => { byPointer = true; }, true);
document.addEventListener("keydown", () => { byPointer = false; }, true);

document.addEventListener("change", (event) => {
  const menu = event.target.closest("details.menu");
  if (!menu) return;
  limit(menu);
  // With the arrow keys, one moves through the choices; Enter or Space takes one.
  if (event.target.type === "radio" && byPointer) close(menu);
});

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.("details.menu[open]");
  if (!menu) return;
  const isSingle = event.target.type === "radio";
  if (event.key === "Escape") {
    event.preventDefault();
    if (menu.querySelector("[type='radio']")) choose(menu, before(menu));
    close(menu);
  } else if (isSingle && (event.key === "Enter" || event.key === " ")) {
    event.preventDefault();
    event.target.checked = true;
    close(menu);
  } else if (event.key === "Enter" && event.target.type === "checkbox") {
    event.preventDefault();
    event.target.click();
  }
});

document.addEventListener("click", (event) => {
  for (const menu of openMenus()) if (!menu.contains(event.target)) close(menu);
}, true);

// With the keyboard, one leaves a menu with Tab. A press of the pointer moves the focus, too, but its
// click says where it went.
document.addEventListener("focusout", (event) => {
  const menu = event.target.closest?.("details.menu[open]");
  if (menu && !byPointer && event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
});
