// Sentences of the pages' scripts: whole ones, with named placeholders ({giver}) that are filled in here.

const filled = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (whole, name) => (Object.hasOwn(values, name) ? String(values[name]) : whole));

export const gettext = (sentence, values = {}) => filled(sentence, values);

// `count` is filled in too, as {count}.
export function ngettext(one, many, count, values = {}) {
  return filled(Number(count) === 1 ? one : many, { count: Number(count).toLocaleString("en"), ...values });
}
