// The server writes the page's parts anew whenever something changed; what is the same stays untouched, so
// that focus, open spoilers and half-written texts stay as they are.

import { placeQuery, whenMoved } from "./place.js";
import { announce } from "./news.js";

const written = new Map();
const listeners = [];
let running = false;
let again = false;

// Remembers what the server wrote first.
for (const part of document.querySelectorAll("[data-part]")) written.set(part.id, part.outerHTML);
for (const item of document.querySelectorAll("[data-list] > li")) item.written = item.outerHTML;

export function whenRefreshed(listener) {
  listeners.push(listener);
}

export async function refresh() {
  if (running) { again = true; return; }
  running = true;
  do {
    again = false;
    try {
      const asked = placeQuery();
      const response = await fetch("/page/parts?" + asked);
      const text = await response.text();
      if (response.ok && asked === placeQuery()) show(new DOMParser().parseFromString(text, "text/html"));
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
  if (written.get(part.id) === text) return;
  written.set(part.id, text);
  const old = document.getElementById(part.id);
  const back = focusIn(old);
  const open = [...old.querySelectorAll("[data-seq] > details[open]")].map((one) => one.parentElement.dataset.seq);
  const scrolled = old.scrollTop;
  // An open line of the log stays as it is.
  for (const seq of open) {
    const line = part.querySelector('[data-seq="' + seq + '"]');
    if (line) line.replaceWith(old.querySelector('[data-seq="' + seq + '"]'));
  }
  old.replaceWith(part);
  part.scrollTop = scrolled;
  back();
}

function showList(list, fresh) {
  const room = document.getElementById("part-" + list.id.slice(5) + "-head").dataset.id;
  const isSame = list.dataset.room === room;
  const isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  list.dataset.room = room;
  list.setAttribute("aria-label", fresh.getAttribute("aria-label"));
  const known = new Map([...list.children].map((item) => [item.dataset.key, item]));
  let before = null;
  for (const item of [...fresh.children]) {
    const old = known.get(item.dataset.key);
    known.delete(item.dataset.key);
    const shown = old && old.written === item.outerHTML ? old : replaceItem(old, item, list);
    const next = before ? before.nextSibling : list.firstChild;
    if (next !== shown) list.insertBefore(shown, next);
    if (!old && isSame) announce(shown);
    before = shown;
  }
  for (const gone of known.values()) gone.remove();
  if (isAtEnd || !isSame) list.scrollTop = list.scrollHeight;
}

function replaceItem(old, item, list) {
  item.written = item.outerHTML;
  if (!old) return item;
  const back = focusIn(old);
  const open = [...old.querySelectorAll("details.menu[open]")].map((one) => one.dataset.menu);
  old.replaceWith(item);
  for (const menu of item.querySelectorAll("details.menu")) menu.open = open.includes(menu.dataset.menu);
  back();
  return item;
}

// Where the focus is inside an element, to be brought back into the one that takes its place.
function focusIn(old) {
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
