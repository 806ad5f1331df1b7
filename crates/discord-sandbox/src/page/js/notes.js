// Notices that only the user sees and that the server does not store, such as "The application did
// not respond".

const template = document.getElementById("note");

export function note(where, text, kind) {
  const item = template.content.cloneNode(true).firstElementChild;
  item.querySelector("span").textContent = text;
  item.classList.add(kind || "plain");
  const list = document.getElementById(where + "-notes");
  list.append(item);
  // Announce it to screen readers, too.
  const spoken = document.createElement("span");
  spoken.textContent = text;
  document.getElementById("news").append(spoken);
  return item;
}

// Shows the outcome of a command or a button unless it is a message.
export function noteOutcome(where, outcome) {
  if (outcome.kind === "failed") note(where, outcome.value, "wrong");
  if (outcome.kind === "no_response") note(where, outcome.value, "wrong");
  if (outcome.kind === "thinking") note(where, "The application has not finished responding.", "plain");
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-act='dismiss-note']")) event.target.closest(".note").remove();
});
