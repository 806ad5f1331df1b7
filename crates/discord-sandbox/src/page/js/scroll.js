// Keeps a list of messages at its end while it grows, unless the user has scrolled up.

const NEAR_END = 80;
const lists = [...document.querySelectorAll("[data-list]")];
const left = new WeakSet();

export const isAtEnd = (list) => !left.has(list);

export function toEnd(list) {
  left.delete(list);
  list.scrollTop = list.scrollHeight;
}

for (const list of lists) {
  list.addEventListener("scroll", () => {
    const distance = list.scrollHeight - list.scrollTop - list.clientHeight;
    if (distance < NEAR_END) left.delete(list);
    else left.add(list);
  });
  // A picture has its height only once it has loaded.
  list.addEventListener("load", () => { if (isAtEnd(list)) toEnd(list); }, true);
  new ResizeObserver(() => { if (isAtEnd(list)) toEnd(list); }).observe(list);
  toEnd(list);
}
