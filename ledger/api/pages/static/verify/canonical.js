// RFC 8785: the one spelling of what bundles and trust files hold. Whoever takes others, takes two files for one.

// The text of integers, strings, lists, objects, true, false and null. Throws for a string that is no Unicode.
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (value !== null && typeof value === "object") {
    return `{${Object.keys(value).sort().map((name) => `${canonical(name)}:${canonical(value[name])}`).join()}}`;
  }
  if (typeof value === "string" && /[\ud800-\udfff]/u.test(value)) throw new Error("half a character");
  return JSON.stringify(value);
}

// The value of a text that is its own canonical spelling: no key twice, no number or string otherwise written.
export function parseCanonical(text) {
  const value = JSON.parse(text);
  if (canonical(value) !== text) throw new Error("not in canonical form");
  return value;
}

// Whether `value` is an object with just these fields, in any order.
export function hasFields(value, names) {
  const isObject = value !== null && typeof value === "object" && !Array.isArray(value);
  return isObject && Object.keys(value).sort().join() === [...names].sort().join();
}
