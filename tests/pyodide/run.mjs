// node run.mjs WHEEL MODULE PROGRAM: unpacks a wheel and a module into Pyodide, runs a program, prints its last value.
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { loadPyodide } from "pyodide";

const [wheel, module, program] = process.argv.slice(2);
const python = await loadPyodide();
python.unpackArchive(new Uint8Array(readFileSync(wheel)), "wheel");
python.FS.writeFile(basename(module), new Uint8Array(readFileSync(module)));
console.log(await python.runPythonAsync(readFileSync(program, "utf8")));
