// Keeps a list of messages at its end while it grows, unless the user has scrolled up.

const NEAR_END = 80;
const lists = [...document.querySelectorAll("[data-list]")];
// The lowest line that each list showed when it was at its end. The list may have grown since, which
// moves nothing; if its box grows or shrinks, the line stays.
const ends = new WeakMap();

const bottom = (list) => list.scrollTop + list.clientHeight;
const isNearEnd = (list) => list.scrollHeight - bottom(list) < NEAR_END;

export const isAtEnd = (list) => isNearEnd(list) || bottom(list) > ends.get(list) - NEAR_END;

export function toEnd(list) {
  list.scrollTop = list.scrollHeight;
  ends.set(list, bottom(list));
}

for (const list of lists) {
  list.addEventListener("scroll", () => { if (isNearEnd(list)) ends.set(list, bottom(list)); });
  // A picture has its height only once it has loaded.
  list.addEventListener("load", () => { if (isAtEnd(list)) toEnd(list); }, true);
  new ResizeObserver(() => { if (isAtEnd(list)) toEnd(list); }).observe(list);
  toEnd(list);
}
