// Reads commands and options that are typed as text, such as "/remind on time:17:00".

// Returns the command that a text begins with, followed by a space, and the text after it.
export function typedCommand(commands, text) {
  const words = text.slice(1).trimStart();
  const command = commands.find((one) => words.toLowerCase().startsWith(one.name + " "));
  return command && { command, rest: words.slice(command.name.length).trimStart() };
}

// Splits "word a:1 b:two words" into the text before the first option, "word", and the options with
// their values. Only the given options are recognised, each at the start or after a space.
export function typedOptions(options, text) {
  const names = options.map((one) => one.name).join("|");
  const marks = names ? [...text.matchAll(new RegExp("(?:^|\\s)(" + names + "):", "gi"))] : [];
  const named = new Set();
  const first = marks.filter((mark) => !named.has(mark[1].toLowerCase()) && named.add(mark[1].toLowerCase()));
  const values = first.map((mark, number) => ({
    option: options.find((one) => one.name === mark[1].toLowerCase()),
    text: text.slice(mark.index + mark[0].length, first[number + 1]?.index).trimStart(),
  }));
  return { before: text.slice(0, first[0]?.index), values };
}
