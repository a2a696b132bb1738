// Sentences of the pages' scripts, in the reader's language: whole ones, with named placeholders ({giver}).
import { inWords } from "./language.js";

export const gettext = (text, values = {}) => inWords({ text, values });

// `count` is filled in too, as {count}.
export const ngettext = (one, many, count, values = {}) => gettext(Number(count) === 1 ? one : many, { count: Number(count), ...values });
