// The sandbox's page: it shows what one member sees and does what they do, over the API at /sandbox/.
// Everything that people or the bot wrote is put into the page as text, never as HTML.
"use strict";

const START_MEMBER = "1150000000000000001";
const view = { member: START_MEMBER, channel: null, thread: null, state: null };
const $ = (selector) => document.querySelector(selector);

function element(tag, className, ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

async function call(path, body) {
  const options = body && { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const response = await fetch("/sandbox/" + path, options || {});
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error || response.statusText);
  return answer;
}

let toastTimer;
function toast(text) {
  $("#toast").textContent = text;
  $("#toast").hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { $("#toast").hidden = true; }, 6000);
}

// Does something on purpose of the member, and says what went wrong.
async function attempt(action) {
  try {
    const outcome = await action();
    if (outcome && (outcome.kind === "failed" || outcome.kind === "no_response")) toast(outcome.value);
  } catch (error) {
    toast(error.message);
  }
  refresh();
}

// ---- Discord's Markdown, as far as the bot and most people use it ----

const guild = () => view.state.guilds.find((one) => one.channels.some((channel) => channel.id === view.channel)) || view.state.guilds[0];
const nameOf = (list, id) => (list.find((one) => one.id === id) || {}).name || id;

function time(seconds, style) {
  const moment = new Date(seconds * 1000);
  if (style !== "R") return moment.toLocaleString(undefined, { dateStyle: "full", timeStyle: "short" });
  const away = Math.round((moment.getTime() - view.state.clock.now_ms) / 60000);
  const [number, unit] = Math.abs(away) < 90 ? [away, "minute"] : Math.abs(away) < 2160 ? [Math.round(away / 60), "hour"] : [Math.round(away / 1440), "day"];
  return new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(number, unit);
}

const RULES = [
  [/```(?:[a-z]+\n)?([\s\S]*?)```/, (m) => element("pre", "", element("code", "", m[1].replace(/\n$/, "")))],
  [/`([^`\n]+)`/, (m) => element("code", "", m[1])],
  [/\\([^A-Za-z0-9\s])/, (m) => document.createTextNode(m[1])],
  [/\*\*([\s\S]+?)\*\*/, (m) => element("strong", "", ...markdown(m[1]))],
  [/\*([^*\n]+)\*/, (m) => element("em", "", ...markdown(m[1]))],
  [/<@!?(\d+)>/, (m) => element("span", "mention", "@" + nameOf(guild().members, m[1]))],
  [/<@&(\d+)>/, (m) => element("span", "mention", "@" + nameOf(guild().roles, m[1]))],
  [/<#(\d+)>/, (m) => element("span", "mention", "#" + nameOf(guild().channels.flatMap((one) => [one, ...one.threads]), m[1]))],
  [/<t:(\d+)(?::([tTdDfFR]))?>/, (m) => element("span", "", time(Number(m[1]), m[2]))],
  [/\[([^\]\n]+)\]\((https?:\/\/[^)\s]+)\)/, (m) => link(m[2], m[1])],
  [/https?:\/\/[^\s)]+/, (m) => link(m[0], m[0])],
];

function link(address, text) {
  const made = element("a", "", text);
  made.href = address;
  made.rel = "noreferrer noopener";
  made.target = "_blank";
  return made;
}

function markdown(text) {
  let first = null;
  for (const [pattern, make] of RULES) {
    const match = pattern.exec(text);
    if (match && (!first || match.index < first.match.index)) first = { match, make };
  }
  if (!first) return lines(text);
  const { match, make } = first;
  let before = text.slice(0, match.index);
  let after = text.slice(match.index + match[0].length);
  if (match[0].startsWith("```")) {
    // A code block stands on lines of its own; the line ends around it show no gap.
    before = before.replace(/\n+$/, "");
    after = after.replace(/^\n+/, "");
  }
  return [...lines(before), make(match), ...markdown(after)];
}

function lines(text) {
  return text.split("\n").flatMap((line, number) => (number ? [element("br"), line] : [line]));
}

// ---- Messages ----

function embedOf(embed) {
  const box = element("div", "embed");
  box.style.borderLeftColor = "#" + (embed.color || 0x888888).toString(16).padStart(6, "0");
  if (embed.title) box.append(element("h3", "", ...markdown(embed.title)));
  if (embed.description) box.append(element("div", "", ...markdown(embed.description)));
  const fields = element("div", "fields");
  for (const field of embed.fields || []) {
    fields.append(element("div", field.inline ? "inline" : "", element("h4", "", field.name), element("div", "", ...markdown(field.value))));
  }
  box.append(fields);
  if (embed.footer) box.append(element("div", "footer", embed.footer.text));
  return box;
}

function buttonsOf(message) {
  const all = message.components.flatMap((row) => row.components || []).filter((one) => one.type === 2);
  const made = all.map((one) => {
    const button = element("button", "", one.label || "");
    button.type = "button";
    button.disabled = Boolean(one.disabled);
    button.addEventListener("click", () => attempt(() => call("press", { message: message.id, as: view.member, button: one.custom_id })));
    return button;
  });
  return made.length ? [element("div", "buttons", ...made)] : [];
}

function messageOf(message) {
  const box = element("article", message.ephemeral ? "message only" : "message");
  const when = new Date(message.written_ms).toLocaleString(undefined, { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", timeZone: "UTC" });
  box.append(element("div", "", element("span", "who", message.author_name), element("span", "when", when + (message.by_bot ? " · bot" : "") + (message.edited ? " · edited" : ""))));
  if (message.thinking) box.append(element("div", "note", "is thinking…"));
  if (message.kind === 21) box.append(element("div", "note", "The thread of the question in the channel."));
  if (message.content) box.append(element("div", "", ...markdown(message.content)));
  box.append(...message.embeds.map(embedOf), ...buttonsOf(message));
  if (message.reactions.length) {
    box.append(element("div", "reactions", ...message.reactions.map(([emoji, who]) => element("span", "", emoji + " " + who.length))));
  }
  if (message.thread && message.thread !== view.thread) {
    const open = element("button", "", "Open the thread");
    open.type = "button";
    open.addEventListener("click", () => { view.thread = message.thread; refresh(); });
    box.append(element("div", "buttons", open));
  }
  if (message.ephemeral) box.append(element("div", "note", "Only you can see this"));
  return box;
}

const shown = {};
function show(list, messages) {
  const text = JSON.stringify([view.member, messages, Math.floor(view.state.clock.now_ms / 60000)]);
  if (shown[list.id] === text) return;
  shown[list.id] = text;
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 60;
  list.replaceChildren(...messages.map(messageOf));
  if (atEnd) list.scrollTop = list.scrollHeight;
}

// ---- Writing, and slash commands with their options ----

const SUBCOMMAND = 1, TEXT = 3, NUMBER = 4, FLAG = 5, USER = 6, CHANNEL = 7, ROLE = 8;

function offered() {
  const { commands, admin } = guild();
  const may = commands.filter((one) => admin || !one.default_member_permissions);
  return may.flatMap((one) => {
    const subs = (one.options || []).filter((option) => option.type === SUBCOMMAND);
    if (!subs.length) return [{ name: one.name, description: one.description, options: one.options || [] }];
    return subs.map((sub) => ({ name: one.name + " " + sub.name, description: sub.description, options: sub.options || [] }));
  });
}

function choicesOf(option) {
  if (option.type === USER) return guild().members.filter((one) => !one.bot).map((one) => ({ name: one.name, value: one.id }));
  if (option.type === CHANNEL) return guild().channels.map((one) => ({ name: "#" + one.name, value: one.id }));
  if (option.type === ROLE) return guild().roles.map((one) => ({ name: "@" + one.name, value: one.id }));
  if (option.type === FLAG) return [{ name: "yes", value: true }, { name: "no", value: false }];
  return option.choices;
}

function inputOf(form, command, option) {
  const choices = choicesOf(option);
  if (choices) {
    const select = element("select", "", element("option", "", ""), ...choices.map((one) => element("option", "", one.name)));
    select.read = () => (select.selectedIndex > 0 ? choices[select.selectedIndex - 1].value : undefined);
    return select;
  }
  const input = element("input");
  let suggestions = [];
  input.autocomplete = "off";
  input.read = () => {
    if (!input.value) return undefined;
    const picked = suggestions.find((one) => one.name === input.value);
    return picked ? picked.value : option.type === NUMBER ? Number(input.value) : input.value;
  };
  if (option.autocomplete) {
    const list = element("datalist");
    list.id = "list-" + form.dataset.place + "-" + option.name;
    input.setAttribute("list", list.id);
    form.append(list);
    const suggest = async () => {
      const place = { channel: placeOf(form), as: view.member, command: command.name, option: option.name, typed: input.value };
      suggestions = await call("autocomplete", place).catch(() => []);
      list.replaceChildren(...suggestions.map((one) => { const made = element("option"); made.value = one.name; return made; }));
    };
    input.addEventListener("input", suggest);
    input.addEventListener("focus", suggest, { once: true });
  }
  return input;
}

const placeOf = (form) => (form.dataset.place === "thread" ? view.thread : view.channel);

function composer(form) {
  const content = element("input");
  content.name = "content";
  content.autocomplete = "off";
  content.placeholder = "Write a message, or / for the commands";
  content.setAttribute("aria-label", "Message");
  const commands = element("datalist");
  commands.id = "commands-" + form.dataset.place;
  content.setAttribute("list", commands.id);
  const options = element("div", "options");
  let chosen = null;
  let inputs = [];
  const choose = () => {
    const found = content.value.startsWith("/") && offered().find((one) => one.name === content.value.slice(1).trim());
    if (!found) { chosen = null; inputs = []; options.replaceChildren(); return; }
    if (chosen && chosen.name === found.name) return;
    chosen = found;
    inputs = found.options.map((option) => [option, inputOf(form, found, option)]);
    options.replaceChildren(element("p", "", found.description), ...inputs.map(([option, input]) => {
      input.title = option.description;
      return element("label", "", option.name + (option.required ? "* " : " "), input);
    }));
  };
  content.addEventListener("input", () => {
    const slash = content.value.startsWith("/");
    commands.replaceChildren(...(slash ? offered() : []).map((one) => { const made = element("option"); made.value = "/" + one.name; made.label = one.description; return made; }));
    choose();
  });
  const send = element("button", "", "Send");
  form.append(content, send, commands, options);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = content.value.trim();
    const place = { channel: placeOf(form), as: view.member };
    if (!text) return;
    if (chosen) {
      const given = inputs.map(([option, input]) => [option.name, input.read()]).filter(([, value]) => value !== undefined);
      const run = { ...place, command: chosen.name, options: Object.fromEntries(given) };
      attempt(() => call("command", run));
    } else if (text.startsWith("/")) {
      toast("There is no command " + text);
      return;
    } else {
      attempt(() => call("post", { ...place, content: text }));
    }
    content.value = "";
    choose();
  });
}

// ---- The frame ----

function channelButton(id, name, thread) {
  const button = element("button", "", name);
  button.type = "button";
  button.setAttribute("aria-current", String(id === view.channel || id === view.thread));
  button.addEventListener("click", () => {
    if (thread) { view.thread = id; } else { view.channel = id; view.thread = null; }
    refresh();
  });
  return element("li", "", button);
}

function frame() {
  const { guilds, clock, bot } = view.state;
  const channels = guilds.flatMap((one) => one.channels.filter((channel) => channel.text));
  if (!channels.some((one) => one.id === view.channel)) view.channel = channels.length ? channels[0].id : null;
  $("#channels").replaceChildren(...channels.map((channel) => {
    const item = channelButton(channel.id, "# " + channel.name, false);
    if (channel.threads.length) item.append(element("ul", "", ...channel.threads.slice(-5).map((thread) => channelButton(thread.id, thread.name, true))));
    return item;
  }));
  const current = channels.find((one) => one.id === view.channel);
  $("#channel-name").textContent = current ? "# " + current.name : "";
  const thread = channels.flatMap((one) => one.threads).find((one) => one.id === view.thread);
  if (!thread) view.thread = null;
  $("#thread").hidden = !thread;
  $("#thread-name").textContent = thread ? thread.name : "";
  const people = guild().members.filter((one) => !one.bot);
  const names = people.map((one) => one.name + (one.admin ? " (admin)" : ""));
  if ($("#member").length !== people.length) {
    $("#member").replaceChildren(...people.map((one, number) => { const made = element("option", "", names[number]); made.value = one.id; return made; }));
    $("#member").value = view.member;
  }
  $("#bot-state").textContent = bot.connected ? "The bot is here." : "The bot is away.";
  $("#now").textContent = new Date(clock.now_ms).toLocaleString(undefined, { weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone: "UTC" }) + " UTC";
}

let running = false, again = false;
async function refresh() {
  if (running) { again = true; return; }
  running = true;
  do {
    again = false;
    try {
      view.state = await call("state?as=" + view.member);
      frame();
      for (const place of ["channel", "thread"]) {
        if (view[place]) show($("#" + place + "-messages"), await call("messages?channel=" + view[place] + "&as=" + view.member));
      }
    } catch (error) {
      $("#bot-state").textContent = "The sandbox does not answer.";
    }
  } while (again);
  running = false;
}

function nextNine() {
  const next = new Date(view.state.clock.now_ms);
  next.setUTCHours(9, 0, 0, 0);
  if (next.getTime() <= view.state.clock.now_ms) next.setUTCDate(next.getUTCDate() + 1);
  return next.toISOString();
}

document.querySelectorAll(".composer").forEach(composer);
document.querySelectorAll("[data-advance]").forEach((button) => button.addEventListener("click", () => attempt(() => call("clock", { advance: button.dataset.advance }))));
document.querySelectorAll("[data-bot]").forEach((button) => button.addEventListener("click", () => attempt(() => call("bot", { action: button.dataset.bot }))));
$("#to-nine").addEventListener("click", () => attempt(() => call("clock", { to: nextNine() })));
$("#member").addEventListener("change", (event) => { view.member = event.target.value; refresh(); });
new EventSource("/sandbox/events").addEventListener("message", refresh);
setInterval(refresh, 5000);
refresh();
