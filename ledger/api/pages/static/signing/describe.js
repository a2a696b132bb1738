// Any record as labelled lines for people, from its typed data alone: all that it says, field by field. Twin of
// ledger/explain/record.py: nothing is left out but what says nothing, and entries that say the same are told together.
import { gettext as _, ngettext } from "../gettext.js";
import { Role } from "../verify/records.js";
import { structuresOf } from "../verify/typed.js";
import { amended, told } from "./amended.js";
import { FIELDS } from "./fields.js";
import { ascii, fieldLine } from "./values.js";
import { duration, moment, money, packages } from "./units.js";
import { visible } from "./visible.js";

// Lines {label, kind, value, currency, lines}: a group has `lines` instead of a value. Throws for what is no such record.
export function describe({ type, message }) {
  return linesOf(type, message, structuresOf(type), message.currency ?? "");
}

// The value of a line that is no group. `names`: of partners, by number.
export function textOf({ kind, value, currency }, names = new Map()) {
  if (kind === "time") return moment(value);
  if (kind === "duration") return duration(value);
  if (kind === "amount") return money(value, currency);
  if (kind === "partner") return partnerText(value, names);
  return kind === "private" ? _("withheld, {hash}", { hash: value }) : visible(value);
}

// Kea Forwarding (partner 3), or the number alone where no verified name is known.
export function partnerText(partner, names) {
  if (!partner) return _("the recipient");
  const name = names.get(partner);
  return name === undefined ? _("partner {partner}", { partner }) : _("{name} (partner {partner})", { name: visible(name), partner });
}

function linesOf(struct, value, known, currency) {
  return known.get(struct).members.flatMap(({ type, field }) => {
    if (field === "salt") return [];
    const [inner, current, about] = [type.replace("[]", ""), value[field], FIELDS[struct][field]];
    if (!known.has(inner)) return fieldLines(struct, value, field, current, about, currency);
    if (typeof current === "string") return [{ label: about.label, kind: "private", value: current }];
    if (type.endsWith("[]")) return listLines(about, inner, current, known, currency);
    if (struct === "Amendment") return changeLines(value.kind, current.text);
    if (inner === "Details") return detailLines(about.label, current.text);
    const lines = linesOf(inner, current, known, current.currency ?? "");
    return lines.length ? [{ label: about.label, kind: "group", lines }] : [];
  });
}

function fieldLines(struct, value, field, current, about, currency) {
  if (about.kind === "scope") return scopeLines(value, current, about);
  const line = fieldLine(about, current, currency);
  return line === null ? [] : [line];
}

// What a role is limited to: a schema by its hash, anything else as ASCII text, left-aligned in 32 bytes.
function scopeLines({ role }, scope, about) {
  if (!role || /^0x(00)*$/.test(scope)) return role ? [] : [fieldLine({ ...about, kind: "hash" }, scope, "")].filter((line) => line !== null);
  return [{ label: about.label, kind: "text", value: role === Role.ISSUER ? scope : ascii(scope.replace(/(00)*$/, "")) }];
}

function listLines({ label, one }, struct, entries, known, currency) {
  const said = (entry) =>
    typeof entry === "string" ? [{ label: one, kind: "private", value: entry }] : [{ label: one, kind: "group", lines: linesOf(struct, entry, known, currency) }];
  if (entries.length === 1) return said(entries[0]);
  const lines = [];
  if (entries.length && struct === "HandoffItem") {
    const count = entries.reduce((sum, item) => sum + item.packages, 0);
    const shipments = ngettext("{count} shipment", "{count} shipments", entries.length);
    lines.push({ label, kind: "text", value: _("{shipments}, {packages} in all", { shipments, packages: packages(count) }) });
  }
  const alike = new Map();
  entries.forEach((entry, i) => {
    const [line] = said(entry);
    const inner = line.kind === "group" ? line.lines : [line];
    const shipment = inner.find(({ kind }) => kind === "shipment");
    const rest = inner.filter((other) => other !== shipment);
    const key = JSON.stringify(rest);
    if (!alike.has(key)) alike.set(key, { rest, those: [] });
    alike.get(key).those.push({ number: i + 1, shipment });
  });
  return [...lines, ...[...alike.values()].map(({ rest, those }) => together(label, one, rest, those))];
}

// What several entries say alike, once, then the shipments of which they say it.
function together(label, one, rest, those) {
  const shipments = those.filter(({ shipment }) => shipment !== undefined);
  if (those.length === 1) {
    return { label: `${one} ${those[0].number}`, kind: "group", lines: [...shipments.map(({ shipment }) => shipment), ...rest] };
  }
  const each = shipments.map(({ number, shipment }) => ({ ...shipment, label: `${one} ${number}` }));
  return { label: _("{label} {numbers}, each", { label, numbers: ranges(those.map(({ number }) => number)) }), kind: "group", lines: [...rest, ...each] };
}

// Ascending numbers in short: 1 to 40, 42, 44 to 50.
function ranges(numbers) {
  const runs = [];
  for (const number of numbers) {
    if (runs.at(-1)?.[1] === number - 1) runs.at(-1)[1] = number;
    else runs.push([number, number]);
  }
  return runs.map(([first, last]) => (last > first ? _("{first} to {last}", { first, last }) : first)).join(", ");
}

// The JSON object that a text spells; null for any other text.
export function objectOf(text) {
  try {
    const data = JSON.parse(text);
    return data !== null && typeof data === "object" && !Array.isArray(data) ? data : null;
  } catch {
    return null;
  }
}

// The members of a JSON object in words; any other text as it is. They stand by themselves: whoever wrote them chose what they
// are called too, and none is to pass for a field of the record.
function detailLines(label, text) {
  if (!text) return [];
  const data = objectOf(text);
  if (data === null) return [{ label, kind: "text", value: text }];
  const lines = told(data);
  return lines.length ? [{ label, kind: "group", lines }] : [];
}

function changeLines(kind, text) {
  const data = objectOf(text);
  const lines = data === null ? null : amended(kind, data);
  return lines ?? detailLines(_("changes"), text);
}
