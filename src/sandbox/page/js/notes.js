// Notes that only the reader sees and that the server knows nothing of, such as "The application did not
// respond".

const template = document.getElementById("note");

export function note(where, text, kind) {
  const made = template.content.cloneNode(true).firstElementChild;
  made.querySelector("span").textContent = text;
  made.classList.add(kind || "plain");
  const list = document.getElementById(where + "-notes");
  list.append(made);
  // Screen readers hear it as well.
  const spoken = document.createElement("span");
  spoken.textContent = text;
  document.getElementById("news").append(spoken);
  return made;
}

// Says what came of a command or a button, where it was not a message.
export function tell(where, outcome) {
  if (outcome.kind === "failed") note(where, outcome.value, "wrong");
  if (outcome.kind === "no_response") note(where, outcome.value, "wrong");
  if (outcome.kind === "thinking") note(where, "The application is still thinking.", "plain");
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-act='dismiss-note']")) event.target.closest(".note").remove();
});
