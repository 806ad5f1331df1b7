// Select menus. As on Discord, a choice is sent when the menu closes: at once if it takes a single
// value, otherwise with a click elsewhere, Esc, or a press of the menu itself.

import { toast } from "./api.js";
import { press } from "./messages.js";

const checked = (menu) => [...menu.querySelectorAll("input:checked")].map((input) => input.value);
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
  const isSame = JSON.stringify(values) === menu.dataset.before;
  const isEnough = isSame || values.length >= Number(menu.dataset.min);
  if (!isEnough) {
    choose(menu, JSON.parse(menu.dataset.before));
    toast("Choose at least " + menu.dataset.min);
  } else if (!isSame) {
    press(menu.closest(".entry"), menu.dataset.menu, values);
  }
}

document.addEventListener("toggle", (event) => {
  const menu = event.target.closest?.("details.menu");
  // The page may have replaced the message meanwhile.
  if (!menu || !menu.isConnected) return;
  if (menu.open) {
    menu.dataset.before ||= JSON.stringify(checked(menu));
    limit(menu);
  } else if (menu.dataset.before) {
    send(menu);
    delete menu.dataset.before;
  }
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
    if (menu.querySelector("[type='radio']")) choose(menu, JSON.parse(menu.dataset.before || "[]"));
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
