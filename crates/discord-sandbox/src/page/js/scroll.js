// Keeps a list of messages at its end while it grows, unless the user has scrolled up.

const NEAR_END = 80;
const lists = [...document.querySelectorAll("[data-list]")];
// Where each list was at its end. It may have grown since, which moves nothing.
const ends = new WeakMap();

const isNearEnd = (list) => list.scrollHeight - list.scrollTop - list.clientHeight < NEAR_END;

export const isAtEnd = (list) => isNearEnd(list) || list.scrollTop > ends.get(list) - NEAR_END;

export function toEnd(list) {
  list.scrollTop = list.scrollHeight;
  ends.set(list, list.scrollTop);
}

for (const list of lists) {
  list.addEventListener("scroll", () => { if (isNearEnd(list)) ends.set(list, list.scrollTop); });
  // A picture has its height only once it has loaded.
  list.addEventListener("load", () => { if (isAtEnd(list)) toEnd(list); }, true);
  new ResizeObserver(() => { if (isAtEnd(list)) toEnd(list); }).observe(list);
  toEnd(list);
}
