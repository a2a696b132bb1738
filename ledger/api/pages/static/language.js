// The reader's language: what the service has in it of the messages that scripts say, and how it writes numbers and times.
// Without it, they say everything in English.
const tag = globalThis.document?.documentElement.lang || "en";
const locale = tag === "en" ? "en-GB" : tag;
const catalogue = tag === "en" ? {} : await given();
const numbers = new Intl.NumberFormat(locale);
const times = new Intl.DateTimeFormat(locale, {
  year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", timeZoneName: "short",
});

async function given() {
  const response = await fetch(`/static/languages/${tag}.json`).catch(() => null);
  return response?.ok ? response.json() : {};
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
