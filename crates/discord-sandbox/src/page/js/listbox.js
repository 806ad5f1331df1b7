// A list of choices above a text box: arrow keys move, Enter and Tab choose, Esc closes.

const template = document.getElementById("option");

export class Listbox {
  constructor(box) {
    this.box = box;
    this.input = null;
    this.choices = [];
    this.at = -1;
    box.addEventListener("pointerdown", (event) => event.preventDefault());
    box.addEventListener("click", (event) => {
      const option = event.target.closest(".option");
      if (option) this.choose([...box.children].indexOf(option));
    });
  }

  // Shows choices ({ name, note, ... }) for an input; with `first`, Enter chooses the first one.
  open(input, choices, chosen, first) {
    if (this.input && this.input !== input) this.close();
    this.input = input;
    this.choices = choices;
    this.chosen = chosen;
    this.box.replaceChildren(...choices.map((one, index) => this.option(one, index)));
    this.box.hidden = choices.length === 0;
    this.setExpanded(choices.length > 0);
    input.setAttribute("aria-controls", this.box.id);
    this.mark(first && choices.length ? 0 : -1);
  }

  // Marks no choice while newer ones load, so that Enter does not choose one of an older text.
  outdate() {
    if (!this.box.hidden) this.mark(-1);
  }

  option(one, index) {
    const option = template.content.cloneNode(true).firstElementChild;
    option.id = this.box.id + "-" + index;
    option.querySelector("strong").textContent = one.name;
    option.querySelector("span").textContent = one.note || "";
    return option;
  }

  close() {
    this.box.hidden = true;
    this.choices = [];
    this.at = -1;
    if (!this.input) return;
    this.setExpanded(false);
    this.input.removeAttribute("aria-activedescendant");
  }

  // A text area is no combo box, and has no such state.
  setExpanded(isExpanded) {
    if (this.input.getAttribute("role") === "combobox") this.input.setAttribute("aria-expanded", String(isExpanded));
  }

  mark(index) {
    this.at = index;
    [...this.box.children].forEach((option, number) => option.setAttribute("aria-selected", String(number === index)));
    const option = this.box.children[index];
    if (!option) { this.input.removeAttribute("aria-activedescendant"); return; }
    this.input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  choose(index) {
    const choice = this.choices[index];
    const chosen = this.chosen;
    this.close();
    if (choice) chosen(choice);
  }

  // Handles a key; returns whether the list used it.
  key(event) {
    if (this.box.hidden) return false;
    const last = this.choices.length - 1;
    if (event.key === "ArrowDown") this.mark(this.at >= last ? 0 : this.at + 1);
    else if (event.key === "ArrowUp") this.mark(this.at <= 0 ? last : this.at - 1);
    else if ((event.key === "Enter" || (event.key === "Tab" && !event.shiftKey)) && this.at >= 0) this.choose(this.at);
    else if (event.key === "Escape") this.close();
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }
}
