// The current member, channel and thread. They are part of the page's address, so a reload keeps
// them.

const query = new URLSearchParams(location.search);

export const place = {
  as: query.get("as") || document.getElementById("part-channel-head").dataset.me,
  channel: query.get("channel") || document.getElementById("part-channel-head").dataset.id,
  thread: query.get("thread") || "",
  tools: query.has("tools"),
};

export function placeQuery() {
  const now = new URLSearchParams({ as: place.as, channel: place.channel });
  if (place.thread) now.set("thread", place.thread);
  if (place.tools) now.set("tools", "1");
  return now.toString();
}

const listeners = [];

export function whenMoved(listener) {
  listeners.push(listener);
}

export function go(where) {
  Object.assign(place, where);
  history.replaceState(null, "", "?" + placeQuery());
  for (const listener of listeners) listener(where);
}

export const head = (where) => document.getElementById("part-" + where + "-head").dataset;
