// Light or dark theme: follows the system until the user switches.

const button = document.querySelector("[data-act='theme']");
const system = matchMedia("(prefers-color-scheme: dark)");

function isDark() {
  const chosen = localStorage.getItem("theme");
  return chosen ? chosen === "dark" : system.matches;
}

function show() {
  const chosen = localStorage.getItem("theme");
  if (chosen) document.documentElement.dataset.theme = chosen;
  button.setAttribute("aria-pressed", String(isDark()));
  button.setAttribute("aria-label", "Dark theme");
}

button.addEventListener("click", () => {
  localStorage.setItem("theme", isDark() ? "light" : "dark");
  show();
});
system.addEventListener("change", show);
show();
