// Composes a slash command: its options one after the other, each with its choices.

import { attempt, call, toast, upload } from "./api.js";
import { place } from "./place.js";
import { refresh } from "./parts.js";
import { openForm } from "./form.js";
import { note, noteOutcome } from "./notes.js";

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
    this.more.addEventListener("input", () => this.offerOptions());
    this.more.addEventListener("focus", () => this.offerOptions());
    this.more.addEventListener("blur", () => composer.listbox.close());
    this.more.addEventListener("keydown", (event) => this.moreKey(event));
  }

  begin(command) {
    this.command = command;
    this.box.hidden = false;
    this.composer.form.querySelector(".writing").hidden = true;
    this.box.querySelector(".command-name").textContent = "/" + command.name;
    this.help(command.description);
    this.more.value = "";
    for (const option of command.options.filter((one) => one.required)) this.add(option);
    this.next();
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

  help(text) { this.box.querySelector(".command-help").textContent = text; }

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
      pill.input.addEventListener("input", () => { pill.choice = null; this.composer.listbox.outdate(); this.offer(pill, true); });
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

  // Focuses the first empty option, or the input that adds options.
  next() {
    const open = this.pills.find((pill) => !pill.input.value);
    (open ? open.input : this.more).focus();
  }

  offerOptions() {
    if (!this.command) return;
    const taken = this.pills.map((pill) => pill.option.name);
    const typed = this.more.value.toLowerCase();
    const left = this.command.options.filter((one) => !taken.includes(one.name) && one.name.startsWith(typed));
    this.help(this.command.description);
    this.composer.listbox.open(this.more, left.map((one) => ({ name: one.name, note: one.description, option: one })), (choice) => {
      this.more.value = "";
      this.add(choice.option).input.focus();
    }, false);
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
    if (this.composer.listbox.key(event)) return;
    if (event.key === "Enter") {
      event.preventDefault();
      if (this.pills.every((one) => one.input.value || !one.option.required)) this.send();
      else this.next();
    }
    if (event.key === "Escape") this.end();
    if (event.key === "Backspace" && !pill.input.value) {
      event.preventDefault();
      if (pill.option.required) this.end();
      else this.remove(pill);
    }
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
    const missing = this.pills.find((pill) => pill.option.required && !pill.input.value);
    // The focus shows the option's description.
    if (missing) { missing.input.focus(); this.help(missing.option.name + " is required."); return; }
    const request = { ...this.place(), options: Object.fromEntries(this.values()) };
    const where = this.composer.where;
    const files = this.files();
    this.end();
    document.dispatchEvent(new CustomEvent("used", { detail: request.command }));
    const sending = note(where, "Sending /" + request.command + "…", "sending");
    const outcome = await attempt(async () => {
      for (const [name, file] of files) request.options[name] = await upload(file, request.as);
      return call("command", request);
    });
    sending.remove();
    await refresh();
    if (outcome) show(where, outcome);
  }
}

// Shows the outcome of a command or a component.
export function show(where, outcome) {
  noteOutcome(where, outcome);
  if (outcome.kind === "form") openForm(where, outcome.value);
  if (outcome.kind === "message") {
    const list = document.getElementById("list-" + where);
    list.scrollTop = list.scrollHeight;
  }
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

function valueOf(pill) {
  if (pill.choice) return pill.choice.value;
  const typed = pill.input.value.trim();
  const named = [...choicesOf(pill.option)].find((one) => one.name.toLowerCase() === typed.toLowerCase());
  if (named) return named.value;
  return NUMBERS.includes(pill.option.type) && typed !== "" && !Number.isNaN(Number(typed)) ? Number(typed) : typed;
}
