// Fetches the page's parts after each change. Only elements that differ are replaced, so that
// focus, open spoilers and drafts are kept.

import { placeQuery, whenMoved } from "./place.js";
import { announce } from "./news.js";
import { isAtEnd, toEnd } from "./scroll.js";

const rendered = new Map();
const listeners = [];
let running = false;
let again = false;

// Remembers the first version from the server.
for (const part of document.querySelectorAll("[data-part]")) rendered.set(part.id, part.outerHTML);
for (const item of document.querySelectorAll("[data-list] > li")) item.rendered = item.outerHTML;

export function whenRefreshed(listener) {
  listeners.push(listener);
}

export async function refresh() {
  if (running) { again = true; return; }
  running = true;
  do {
    again = false;
    try {
      const query = placeQuery();
      const response = await fetch("/page/parts?" + query);
      const text = await response.text();
      if (response.ok && query === placeQuery()) show(new DOMParser().parseFromString(text, "text/html"));
      else again = response.ok;
    } catch (error) {
      document.body.classList.add("lost");
    }
  } while (again);
  running = false;
}

function show(fresh) {
  document.body.classList.remove("lost");
  for (const part of fresh.querySelectorAll("[data-part]")) showPart(part);
  for (const list of fresh.querySelectorAll("[data-list]")) showList(document.getElementById(list.id), list);
  for (const listener of listeners) listener();
}

function showPart(part) {
  const text = part.outerHTML;
  if (rendered.get(part.id) === text) return;
  rendered.set(part.id, text);
  const old = document.getElementById(part.id);
  const restoreFocus = rememberFocus(old);
  const open = [...old.querySelectorAll("[data-seq] > details[open]")].map((one) => one.parentElement.dataset.seq);
  const scrolled = old.scrollTop;
  // Keeps the open lines of the log.
  for (const seq of open) {
    const line = part.querySelector('[data-seq="' + seq + '"]');
    if (line) line.replaceWith(old.querySelector('[data-seq="' + seq + '"]'));
  }
  old.replaceWith(part);
  part.scrollTop = scrolled;
  restoreFocus();
}

function showList(list, fresh) {
  const room = document.getElementById("part-" + list.id.slice(5) + "-head").dataset.id;
  const isSame = list.dataset.room === room;
  const wasAtEnd = isAtEnd(list);
  list.dataset.room = room;
  list.setAttribute("aria-label", fresh.getAttribute("aria-label"));
  const known = new Map([...list.children].map((item) => [item.dataset.key, item]));
  let before = null;
  for (const item of [...fresh.children]) {
    const old = known.get(item.dataset.key);
    known.delete(item.dataset.key);
    const shown = old && old.rendered === item.outerHTML ? old : replaceItem(old, item, list);
    const next = before ? before.nextSibling : list.firstChild;
    if (next !== shown) list.insertBefore(shown, next);
    if (!old && isSame) announce(shown);
    before = shown;
  }
  for (const gone of known.values()) gone.remove();
  if (wasAtEnd || !isSame) toEnd(list);
}

function replaceItem(old, item, list) {
  item.rendered = item.outerHTML;
  if (!old) return item;
  const restoreFocus = rememberFocus(old);
  for (const menu of old.querySelectorAll("details.menu[open]")) keepMenu(menu, item);
  old.replaceWith(item);
  restoreFocus();
  return item;
}

// Keeps a menu open, with what is chosen in it.
function keepMenu(old, item) {
  const menu = item.querySelector('details.menu[data-menu="' + CSS.escape(old.dataset.menu) + '"]');
  if (!menu) return;
  menu.open = true;
  const chosen = [...old.querySelectorAll("input:checked")].map((input) => input.value);
  for (const input of menu.querySelectorAll("input")) input.checked = chosen.includes(input.value);
}

// Remembers the focus inside an element; returns a function that restores it in the replacement.
function rememberFocus(old) {
  const focused = document.activeElement;
  if (!old || !old.contains(focused)) return () => {};
  const all = (root) => [...root.querySelectorAll("a, button, input, select, summary, [tabindex]")];
  const index = all(old).indexOf(focused);
  const find = () => old.dataset.key
    ? document.querySelector('[data-key="' + old.dataset.key + '"]')
    : document.getElementById(old.id);
  return () => {
    const place = find();
    const target = place && (all(place)[index] || place);
    if (target) target.focus({ preventScroll: true });
  };
}

whenMoved(refresh);
