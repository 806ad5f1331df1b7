// The message box: sends, replies, edits, and starts slash commands.

import { attempt, call } from "./api.js";
import { Listbox } from "./listbox.js";
import { head, place } from "./place.js";
import { note } from "./notes.js";
import { refresh, whenRefreshed } from "./parts.js";
import { toEnd } from "./scroll.js";
import { Slash, commandsFor } from "./slash.js";
import { typedCommand } from "./typed.js";

const LINES_MAX = 8;

export class Composer {
  constructor(form) {
    this.form = form;
    this.where = form.dataset.place;
    this.text = form.querySelector("textarea");
    this.listbox = new Listbox(document.getElementById(this.where + "-listbox"));
    this.slash = new Slash(this);
    this.replying = form.querySelector(".replying");
    this.target = null;
    this.text.addEventListener("input", () => this.typed());
    this.text.addEventListener("keydown", (event) => this.key(event));
    this.text.addEventListener("blur", () => this.listbox.close());
    form.addEventListener("submit", (event) => { event.preventDefault(); this.send(); });
    form.querySelector("[data-act='forget-reply']").addEventListener("click", () => this.setTarget(null));
    whenRefreshed(() => this.show());
    this.show();
  }

  get room() { return head(this.where).id; }

  show() {
    const { name, kind, writable } = head(this.where);
    const target = kind === "thread" ? "in the thread" : (kind === "direct" ? "@" : "#") + name;
    this.text.placeholder = writable === "true" ? "Message " + target : "You can't send messages here";
    this.text.disabled = writable !== "true";
  }

  typed() {
    this.text.rows = Math.min(LINES_MAX, this.text.value.split("\n").length);
    if (this.text.value.startsWith("/") && !this.target?.edit) this.offer();
    else this.listbox.close();
  }

  async offer() {
    const typed = this.text.value;
    this.listbox.outdate();
    const commands = await attempt(() => commandsFor(this.room));
    if (!commands || this.text.value !== typed || this.loading) return;
    const whole = typedCommand(commands, typed);
    if (whole) { this.begin(whole.command, whole.rest); return; }
    const matching = matchingCommands(commands, typed);
    const choices = matching.map((one) => ({ name: "/" + one.name, note: one.description, command: one }));
    this.listbox.open(this.text, choices, (choice) => this.begin(choice.command, ""), true);
  }

  begin(command, rest) {
    this.text.value = "";
    this.setTarget(null);
    this.slash.begin(command, rest);
  }

  key(event) {
    if (this.listbox.key(event)) return;
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.send();
    } else if (event.key === "Escape" && this.target) {
      this.setTarget(null);
    } else if (event.key === "ArrowUp" && !this.text.value) {
      this.editLast();
    }
  }

  editLast() {
    const own = [...document.querySelectorAll("#list-" + this.where + " [data-act='edit']")].pop();
    if (own) own.click();
  }

  // Sets what the next message is: a reply to a message, an edit of a message, or (null) neither.
  setTarget(target) {
    const wasEdit = this.target?.edit;
    this.target = target;
    this.replying.hidden = !target;
    if (target) this.replying.querySelector("span").textContent = target.edit ? "Editing your message" : "Replying to " + target.author;
    if (target?.edit) this.text.value = target.source;
    else if (wasEdit) this.text.value = "";
    this.typed();
    this.text.focus();
  }

  // Handles Enter pressed in the message box: sends a command that was typed with its options, and
  // starts one without. The list of commands may not have loaded yet; what is typed meanwhile would
  // end up in the wrong place.
  async beginTyped(content) {
    if (this.loading) return;
    this.loading = this.text.readOnly = true;
    const commands = await attempt(() => commandsFor(this.room));
    this.loading = this.text.readOnly = false;
    if (!commands) return;
    const whole = typedCommand(commands, content);
    const [command] = whole ? [whole.command] : matchingCommands(commands, content);
    if (!command) { note(this.where, "There is no command " + content, "wrong"); return; }
    this.begin(command, whole ? whole.rest : "");
    if (whole?.rest) await this.slash.send();
  }

  // Starts a command, given as it is typed; returns whether there is such a command.
  async start(content) {
    if (this.slash.command) this.slash.end();
    const commands = await attempt(() => commandsFor(this.room));
    const whole = commands && typedCommand(commands, content + " ");
    if (whole) this.begin(whole.command, whole.rest.trim());
    else if (commands) note(this.where, "There is no command " + content, "wrong");
    return Boolean(whole);
  }

  // Starts a command and sends it.
  async run(content) {
    if (await this.start(content)) await this.slash.send();
  }

  async send() {
    if (this.slash.command) { this.slash.send(); return; }
    const content = this.text.value.trim();
    if (!content || this.text.disabled) return;
    if (content.startsWith("/") && !this.target?.edit) { this.beginTyped(content); return; }
    const target = this.target;
    this.text.value = "";
    this.typed();
    if (target) { this.target = null; this.replying.hidden = true; }
    const done = await attempt(() => target?.edit
      ? call("edit", { message: target.id, as: place.as, content })
      : call("post", { channel: this.room, as: place.as, content, reply_to: target?.id }));
    if (!done) this.text.value = content;
    await refresh();
    toEnd(document.getElementById("list-" + this.where));
  }
}

function matchingCommands(commands, typed) {
  const prefix = typed.slice(1).trimStart().toLowerCase();
  const exact = commands.filter((one) => one.name === prefix);
  const others = commands.filter((one) => one.name !== prefix);
  return [...exact, ...others.filter((one) => one.name.startsWith(prefix) || (prefix && one.name.includes(prefix)))];
}

// Returns the message box of the thread if one is shown, and otherwise that of the channel.
export function currentComposer() {
  return composers.thread.form.checkVisibility() ? composers.thread : composers.channel;
}

export const composers = Object.fromEntries(
  [...document.querySelectorAll(".composer")].map((form) => [form.dataset.place, new Composer(form)]),
);
