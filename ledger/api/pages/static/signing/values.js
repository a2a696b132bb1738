// A single value of a record as a line {label, kind, value, currency}. Twin of ledger/explain/fields.py.
import { gettext as _ } from "../gettext.js";
import { DEVICE_SCOPES, EVERYTHING, TITLES, WORDS } from "./fields.js";
import { grouped } from "./units.js";

const pairs = (hex) => (hex.slice(2).match(/../g) ?? []).map((pair) => parseInt(pair, 16));
const bits = (mask) => Array.from({ length: 32 }, (unused, i) => 2 ** i).filter((bit) => Math.floor(mask / bit) % 2 === 1);
export const ascii = (hex) => String.fromCharCode(...pairs(hex).map((byte) => (byte < 0x80 ? byte : 0xfffd)));

// What a key with these scopes may sign, in words.
export function scopesText(scopes) {
  if (scopes === EVERYTHING) return _("everything");
  if (scopes === DEVICE_SCOPES) return _("everything but the registry's own records");
  const covered = bits(scopes).map((bit) => Math.log2(bit) + 1);
  return covered.map((number) => TITLES[number] ?? _("type {number}", { number })).join(", ") || _("none");
}

const NUMBERS = new Set(["number", "time", "duration", "amount", "partner"]);

function saysNothing(kind, value) {
  if (kind === "text" || kind === "subject") return value === "";
  return NUMBERS.has(kind) ? value === 0 || value === "0" : /^0x(00)*$/.test(value);
}

// A plain value's line; null where it says nothing.
export function fieldLine({ label, kind, codes, zero }, value, currency) {
  const text = (shown) => ({ label, kind: "text", value: shown });
  if (kind === "code" && typeof value === "string") return text(pairs(value).map((code) => WORDS[codes][code] ?? "none").join(", "));
  if (kind === "code") return value ? text(WORDS[codes][value] ?? "none") : null;
  if (kind === "mask") return value ? text(bits(value).flatMap((bit) => WORDS[codes][bit] ?? []).join(", ")) : null;
  if (kind === "bool") return value || zero ? text(value ? _("yes") : _("no")) : null;
  if (kind === "scopes") return text(scopesText(value));
  if (!zero && saysNothing(kind, value)) return null;
  if (kind === "ascii") return text(ascii(value));
  if (kind === "number") return text(grouped(value));
  return { label, kind, value, ...(kind === "amount" ? { currency } : {}) };
}
