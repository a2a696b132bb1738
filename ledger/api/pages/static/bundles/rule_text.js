// The first lines of a rule file, before its first table: plain keys with a plain text, whole number or truth value each. What is
// written in another of TOML's ways is left to lading verify.

const LINE = /^([a-z]+) *= *(?:"([^"\\]*)"|([0-9][0-9_]*)|(true|false)) *(?:#.*)?$/;

// {key: value} of these lines; null for a file that is written otherwise.
export function readTop(text) {
  const values = {};
  for (const line of text.split("\n").map((one) => one.trim())) {
    if (line.startsWith("[")) return values;
    if (line === "" || line.startsWith("#")) continue;
    const match = LINE.exec(line);
    if (match === null || Object.hasOwn(values, match[1])) return null;
    const [, key, string, number, truth] = match;
    values[key] = string ?? (number === undefined ? truth === "true" : Number(number.replaceAll("_", "")));
  }
  return values;
}
