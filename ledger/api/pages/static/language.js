// The reader's language: what the messages of scripts are in it, and how it writes numbers and times. The messages come as a
// script too, not as an answer: what was altered on its way cannot put other words into the mouth of a check. Without them,
// everything is said in English.
export const tag = globalThis.document?.documentElement.lang || "en";
const locale = tag === "en" ? "en-GB" : tag;
const catalogue = tag === "en" ? {} : await given();
const numbers = new Intl.NumberFormat(locale);
const times = new Intl.DateTimeFormat(locale, {
  year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", timeZoneName: "short",
});

async function given() {
  const module = await import(`./languages/${tag}.js`).catch(() => null);
  return module?.default ?? {};
}

// A message of verify/messages.js in words; text stays as it is.
export function inWords(message) {
  if (typeof message === "string") return message;
  if (typeof message === "number") return numbers.format(message);
  if (message.seconds !== undefined) return inLocalTime(message.seconds);
  if (message.items !== undefined) return message.items.map(inWords).join(tag === "zh-CN" ? "、" : ", ");
  const text = catalogue[message.text] ?? message.text;
  return text.replace(/\{(\w+)\}/g, (_, name) => inWords(message.values[name]));
}

// UTC seconds in the reader's own time, which it names.
export const inLocalTime = (seconds) => times.format(new Date(seconds * 1000));
