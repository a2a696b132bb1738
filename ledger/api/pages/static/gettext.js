// Sentences of the pages' scripts, in the reader's language: whole ones, with named placeholders ({giver}).
import { inWords } from "./language.js";

// Numbers among the values are names, of partners and the like: they get no separators.
export const gettext = (text, values = {}) => {
  const named = Object.entries(values).map(([name, value]) => [name, typeof value === "number" ? String(value) : value]);
  return inWords({ text, values: Object.fromEntries(named) });
};

// `count` is filled in too, as {count}, the reader's own way.
export const ngettext = (one, many, count, values = {}) => gettext(Number(count) === 1 ? one : many, { count: inWords(Number(count)), ...values });
