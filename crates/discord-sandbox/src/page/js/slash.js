// Composes a slash command: its options one after the other, each with its choices.

import { attempt, call, toast, upload } from "./api.js";
import { place } from "./place.js";
import { refresh } from "./parts.js";
import { openForm } from "./form.js";
import { note, noteOutcome } from "./notes.js";
import { toEnd } from "./scroll.js";
import { typedOptions } from "./typed.js";

const SUBCOMMAND = 1, GROUP = 2, NUMBERS = [4, 10], BOOLEAN = 5, USER = 6, CHANNEL = 7, ROLE = 8, MENTIONABLE = 9, ATTACHMENT = 11;
const AUTOCOMPLETE_DELAY_MS = 150;
const template = document.getElementById("pill");
const fileTemplate = document.getElementById("pill-file");

let guilds = [];

// Returns the commands that this member may use in a channel.
export async function commandsFor(room) {
  const state = await call("state?as=" + place.as + "&channel=" + room);
  guilds = state.guilds;
  return state.offered.flatMap((one) => leaves(one, one.name));
}

function leaves(command, name) {
  const options = command.options || [];
  const inner = options.filter((one) => one.type === SUBCOMMAND || one.type === GROUP);
  if (inner.length) return inner.flatMap((one) => leaves(one, name + " " + one.name));
  return [{ name, description: command.description, options }];
}

export class Slash {
  constructor(composer) {
    this.composer = composer;
    this.command = null;
    this.box = composer.form.querySelector(".command");
    this.more = this.box.querySelector(".more");
    this.pills = [];
    this.more.addEventListener("input", () => { if (!this.takeTyped(this.more)) this.offerOptions(); });
    this.more.addEventListener("focus", () => this.offerOptions());
    this.more.addEventListener("blur", () => composer.listbox.close());
    this.more.addEventListener("keydown", (event) => this.moreKey(event));
  }

  // Starts a command. `rest` is the text typed after its name.
  begin(command, rest) {
    this.command = command;
    this.box.hidden = false;
    this.composer.form.querySelector(".writing").hidden = true;
    this.box.querySelector(".command-name").textContent = "/" + command.name;
    this.help(command.description);
    this.more.value = rest;
    for (const option of command.options.filter((one) => one.required)) this.add(option);
    if (this.takeTyped(this.more)) return;
    if (rest) this.more.focus();
    else this.next();
  }

  // Makes options of text such as "level:mid", typed in an input; returns whether there was any. The
  // focus stays where the next character belongs.
  takeTyped(input) {
    const taken = (option) => this.pills.some((pill) => pill.option === option && (pill.input === input || pill.input.value));
    const typeable = this.command.options.filter((one) => one.type !== ATTACHMENT && !taken(one));
    const { before, values } = typedOptions(typeable, input.value);
    if (!values.length) return false;
    input.value = before.trim();
    for (const { option, text } of values) {
      const pill = this.pills.find((one) => one.option === option) || this.add(option);
      pill.input.value = text;
      pill.input.focus();
    }
    return true;
  }

  end() {
    this.command = null;
    for (const pill of this.pills) pill.element.remove();
    this.pills = [];
    this.box.hidden = true;
    this.composer.form.querySelector(".writing").hidden = false;
    this.composer.listbox.close();
    this.composer.text.focus();
  }

  // Shows a text below the options; an error is read aloud.
  help(text, isError = false) {
    const help = this.box.querySelector(".command-help");
    help.classList.toggle("wrong", isError);
    if (isError) help.setAttribute("role", "alert");
    else help.removeAttribute("role");
    help.textContent = text;
  }

  fail(input, text) {
    input.focus();
    this.help(text, true);
  }

  add(option) {
    const isFile = option.type === ATTACHMENT;
    const element = (isFile ? fileTemplate : template).content.cloneNode(true).firstElementChild;
    const pill = { option, element, input: element.querySelector("input"), choice: null, suggestions: [] };
    element.querySelector("span").textContent = option.name;
    element.classList.toggle("required", Boolean(option.required));
    pill.input.setAttribute("aria-label", option.name + ": " + option.description);
    if (isFile) {
      pill.input.addEventListener("change", () => this.next());
      pill.input.addEventListener("focus", () => this.help(option.description));
      pill.input.addEventListener("keydown", (event) => this.fileKey(event, pill));
    } else {
      pill.input.addEventListener("input", () => this.typedIn(pill));
      pill.input.addEventListener("focus", () => this.offer(pill, false));
      pill.input.addEventListener("blur", () => this.composer.listbox.close());
      pill.input.addEventListener("keydown", (event) => this.pillKey(event, pill));
    }
    this.box.querySelector(".pills").append(element);
    this.pills.push(pill);
    return pill;
  }

  remove(pill) {
    pill.element.remove();
    this.pills = this.pills.filter((one) => one !== pill);
    this.more.focus();
  }

  // The first required option has the focus as soon as the command begins, so that its name is typed
  // into it if the list of commands loads while somebody types.
  typedIn(pill) {
    pill.choice = null;
    this.composer.listbox.outdate();
    const name = pill.option.name + ":";
    if (pill.input.value.toLowerCase().startsWith(name)) pill.input.value = pill.input.value.slice(name.length).trimStart();
    if (!this.takeTyped(pill.input)) this.offer(pill, true);
  }

  // Focuses the first empty option, or the input that adds options.
  next() {
    const open = this.pills.find((pill) => !pill.input.value);
    (open ? open.input : this.more).focus();
  }

  // Returns the unused options whose names begin with what is typed.
  matchingOptions() {
    const taken = this.pills.map((pill) => pill.option.name);
    const typed = this.more.value.trim().toLowerCase();
    return this.command.options.filter((one) => !taken.includes(one.name) && one.name.startsWith(typed));
  }

  offerOptions() {
    if (!this.command) return;
    const choices = this.matchingOptions().map((one) => ({ name: one.name, note: one.description, option: one }));
    this.help(this.command.description);
    this.composer.listbox.open(this.more, choices, (choice) => this.addTyped(choice.option), Boolean(this.more.value.trim()));
  }

  addTyped(option) {
    this.more.value = "";
    this.add(option).input.focus();
  }

  async offer(pill, typing) {
    this.help(pill.option.description);
    const typed = pill.input.value;
    const choices = pill.option.autocomplete ? await this.ask(pill, typing) : choicesOf(pill.option);
    if (!choices || document.activeElement !== pill.input || pill.input.value !== typed) return;
    const fits = (one) => pill.option.autocomplete || pill.choice || one.name.toLowerCase().includes(typed.toLowerCase());
    this.composer.listbox.open(pill.input, choices.filter(fits), (choice) => {
      pill.choice = choice;
      pill.input.value = choice.name;
      this.next();
    }, Boolean(typed) && !pill.choice);
  }

  // Requests autocomplete choices from the bot, shortly after the last key.
  async ask(pill, typing) {
    clearTimeout(this.timer);
    if (typing) await new Promise((done) => { this.timer = setTimeout(done, AUTOCOMPLETE_DELAY_MS); });
    const others = this.values().filter(([name]) => name !== pill.option.name);
    const typed = { option: pill.option.name, typed: pill.choice ? pill.choice.name : pill.input.value };
    try {
      return await call("autocomplete", { ...this.place(), ...typed, options: Object.fromEntries(others) });
    } catch (error) {
      toast(error.message);
      return [];
    }
  }

  moreKey(event) {
    if (this.composer.listbox.key(event)) return;
    if (event.key === "Enter") { event.preventDefault(); this.send(); }
    if (event.key === "Escape") this.end();
    if (event.key === "Backspace" && !this.more.value) {
      event.preventDefault();
      const last = this.pills[this.pills.length - 1];
      if (last) last.input.focus();
      else this.end();
    }
  }

  pillKey(event, pill) {
    if (event.key === "Enter") this.takeWhole(pill);
    if (this.composer.listbox.key(event)) return;
    if (event.key === "Enter") { event.preventDefault(); this.send(); }
    if (event.key === "Escape") this.end();
    if (event.key === "Backspace" && !pill.input.value) {
      event.preventDefault();
      if (pill.option.required) this.end();
      else this.remove(pill);
    }
  }

  // Takes the marked choice if it was typed in full: Enter has nothing left to choose.
  takeWhole(pill) {
    const { choices, at, input } = this.composer.listbox;
    const marked = input === pill.input && choices[at];
    if (!marked || marked.name.toLowerCase() !== pill.input.value.trim().toLowerCase()) return;
    pill.choice = marked;
    this.composer.listbox.close();
  }

  // Enter and Space open the browser's list of files, as long as none is chosen.
  fileKey(event, pill) {
    if (event.key === "Enter" && pill.input.value) { event.preventDefault(); this.send(); }
    if (event.key === "Escape") this.end();
    if (event.key === "Backspace") {
      event.preventDefault();
      if (pill.input.value) pill.input.value = "";
      else if (pill.option.required) this.end();
      else this.remove(pill);
    }
  }

  place() {
    return { channel: this.composer.room, as: place.as, command: this.command.name };
  }

  values() {
    const written = this.pills.filter((pill) => pill.input.value && !pill.input.files);
    return written.map((pill) => [pill.option.name, valueOf(pill)]);
  }

  files() {
    return this.pills.filter((pill) => pill.input.files?.length).map((pill) => [pill.option.name, pill.input.files[0]]);
  }

  async send() {
    // As on Discord, nothing is sent while a text belongs to no option or an option has no value.
    if (this.more.value.trim()) {
      const [option] = this.matchingOptions();
      if (option) this.addTyped(option);
      else this.fail(this.more, "/" + this.command.name + " has no option " + this.more.value.trim() + ".");
      return;
    }
    const empty = this.pills.find((pill) => !pill.input.value.trim());
    if (empty) {
      const { name, required } = empty.option;
      this.fail(empty.input, required ? name + " is required." : "Enter a value for " + name + ", or remove it with Backspace.");
      return;
    }
    const unknown = this.pills.find((pill) => !isOffered(pill));
    if (unknown) { this.fail(unknown.input, "Choose " + unknown.option.name + " from the list."); return; }
    const request = { ...this.place(), options: Object.fromEntries(this.values()) };
    const where = this.composer.where;
    const files = this.files();
    this.end();
    const sending = note(where, "Sending /" + request.command + "…", "sending");
    const outcome = await attempt(async () => {
      for (const [name, file] of files) request.options[name] = await upload(file, request.as);
      return call("command", request);
    });
    sending.remove();
    await refresh();
    if (outcome) show(where, outcome, request.command);
  }
}

// Shows the outcome of a command or a component, whose name is `used`.
export function show(where, outcome, used) {
  noteOutcome(where, outcome);
  const isAnswered = !["failed", "no_response"].includes(outcome.kind);
  if (used && isAnswered) document.dispatchEvent(new CustomEvent("used", { detail: used }));
  if (outcome.kind === "form") openForm(where, outcome.value);
  if (outcome.kind === "message") toEnd(document.getElementById("list-" + where));
}

function guildOf() {
  return guilds.find((one) => one.channels.some((channel) => channel.id === place.channel)) || guilds[0];
}

function choicesOf(option) {
  const guild = guildOf();
  const users = () => guild.members.map((one) => ({ name: one.name, note: one.bot ? "bot" : "", value: one.id }));
  const roles = () => guild.roles.map((one) => ({ name: "@" + one.name.replace(/^@/, ""), value: one.id }));
  if (option.type === BOOLEAN) return [{ name: "True", value: true }, { name: "False", value: false }];
  if (option.type === USER) return users();
  if (option.type === ROLE) return roles();
  if (option.type === MENTIONABLE) return [...users(), ...roles()];
  if (option.type === CHANNEL) return guild.channels.map((one) => ({ name: "#" + one.name, value: one.id }));
  return option.choices || [];
}

// Returns the choice whose name is typed; names of channels, users and roles also without their mark.
function namedChoice(pill) {
  const plain = (text) => text.toLowerCase().replace(/^[#@]/, "");
  const typed = plain(pill.input.value.trim());
  return choicesOf(pill.option).find((one) => plain(one.name) === typed);
}

// Returns whether Discord would accept the value: of a list of choices, only these.
function isOffered(pill) {
  const offered = pill.option.autocomplete ? [] : choicesOf(pill.option);
  const isId = pill.option.type >= USER && /^\d+$/.test(pill.input.value.trim());
  return !offered.length || isId || Boolean(pill.choice || namedChoice(pill));
}

function valueOf(pill) {
  if (pill.choice) return pill.choice.value;
  const named = namedChoice(pill);
  if (named) return named.value;
  const typed = pill.input.value.trim();
  return NUMBERS.includes(pill.option.type) && typed !== "" && !Number.isNaN(Number(typed)) ? Number(typed) : typed;
}
