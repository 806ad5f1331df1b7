// New messages are read out by screen readers; those that were there when a channel was opened are not.

const box = document.getElementById("news");
const KEPT = 5;

export function announce(item) {
  const text = item.querySelector(".text, .thinking, .system");
  const line = document.createElement("span");
  line.textContent = item.dataset.author + ": " + (text ? text.textContent.slice(0, 200) : "a message");
  box.append(line);
  while (box.children.length > KEPT) box.firstChild.remove();
}
