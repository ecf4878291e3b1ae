// Makes the page's template, one file that needs no other: node build.mjs OUTPUT. Finds packages through NODE_PATH.
import { createRequire } from "node:module";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const packages = (process.env.NODE_PATH ?? "").split(delimiter).filter(Boolean);
const require = createRequire(join(packages[0] ?? join(here, "node_modules"), "build.cjs"));
const esbuild = require("esbuild");

async function bundled(entry) {
  const built = await esbuild.build({
    entryPoints: [join(here, entry)],
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    target: "es2021",
    charset: "utf8",
    legalComments: "inline",
    nodePaths: packages,
    logLevel: "warning",
  });
  return built.outputFiles[0].text.trim();
}

const [output] = process.argv.slice(2);
if (!output) throw new Error("usage: node build.mjs OUTPUT");
const parts = { "/*STYLE*/": await bundled("style/style.css"), "/*SCRIPT*/": await bundled("src/main.js") };
const template = readFileSync(join(here, "index.html"), "utf8");
// One pass, so that what is put in is never looked at for marks.
const page = template.replace(/\/\*(STYLE|SCRIPT)\*\//g, (mark) => parts[mark]);
mkdirSync(dirname(output), { recursive: true });
writeFileSync(`${output}.new`, page);
renameSync(`${output}.new`, output);
