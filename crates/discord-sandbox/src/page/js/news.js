// Announces new messages to screen readers, but not those that are shown when a channel is opened.

const box = document.getElementById("news");
const LINES_KEPT = 5;

export function announce(item) {
  const text = item.querySelector(".text, .thinking, .system");
  const line = document.createElement("span");
  line.textContent = item.dataset.author + ": " + (text ? text.textContent.slice(0, 200) : "a message");
  box.append(line);
  while (box.children.length > LINES_KEPT) box.firstChild.remove();
}
