// What an amendment changes, in lines for people, and any JSON object in words. Twin of ledger/explain/amendment.py, without
// what stood before: that is another record, which the reader opens.
import { gettext as _ } from "../gettext.js";
import { FIELDS } from "./fields.js";
import { fieldLine } from "./values.js";

const [CORRECTION, TERMS, RELIEF] = [1, 2, 3];

// The changes of an amendment of `kind`; null where they are not of that kind's form: then they are told as they are.
export function amended(kind, changes) {
  const lines = { [CORRECTION]: corrected, [TERMS]: terms, [RELIEF]: relief }[kind]?.(changes) ?? null;
  const titles = { [CORRECTION]: _("correction"), [TERMS]: _("new commercial terms"), [RELIEF]: _("does not count as late") };
  return lines?.length ? [{ label: titles[kind], kind: "group", lines }] : null;
}

// A JSON object's members in words, whatever lies in it.
export const told = (data) => Object.entries(data).flatMap(([label, value]) => toldOne(label, value));

function toldOne(label, value) {
  const isObject = (one) => one !== null && typeof one === "object";
  if (Array.isArray(value) && value.some(isObject)) return value.flatMap((entry, i) => toldOne(`${label} ${i + 1}`, entry));
  if (Array.isArray(value)) return [{ label, kind: "text", value: value.map(plain).join(", ") || _("none") }];
  if (isObject(value)) return [{ label, kind: "group", lines: told(value) }];
  return [{ label, kind: "text", value: plain(value) }];
}

const plain = (value) => (value === null ? _("none") : typeof value === "boolean" ? (value ? _("yes") : _("no")) : String(value));

function corrected(changes) {
  const struct = "holdCause" in changes || "causedBy" in changes ? "Clearance" : "dueAt" in changes ? "Handoff" : "Statement";
  return fields(struct, changes, "");
}

function terms(changes) {
  const { commercial, shipment, ...rest } = changes;
  if (commercial === null || typeof commercial !== "object") return null;
  const named = fields("Commercial", commercial, String(commercial.currency ?? ""));
  return named === null ? null : [...only(shipment), ...named, ...told(rest)];
}

function relief(changes) {
  const { periods, seconds, shipment, ...rest } = changes;
  const listed = Array.isArray(periods) ? periods : [];
  const lines = listed.flatMap((period, i) => {
    const numbers = period !== null && typeof period === "object" && Object.values(period).every(Number.isSafeInteger);
    if (!numbers) return toldOne(`period ${i + 1}`, period);
    const times = Object.entries(period).map(([label, value]) => ({ label, kind: "time", value }));
    return [{ label: listed.length > 1 ? `period ${i + 1}` : "period", kind: "group", lines: times }];
  });
  const all = Number.isSafeInteger(seconds) && seconds ? [{ label: _("time in all"), kind: "duration", value: seconds }] : [];
  return [...only(shipment), ...lines, ...all, ...told(rest)];
}

const only = (shipment) => (shipment === undefined ? [] : [{ label: _("for this shipment alone"), kind: "shipment", value: String(shipment) }]);

// Field by field, in the order of the structure; null for a field that it does not have, or another kind of value.
function fields(struct, changes, currency) {
  const known = FIELDS[struct];
  if (!Object.keys(changes).every((name) => Object.hasOwn(known, name))) return null;
  return Object.entries(known)
    .filter(([name]) => name in changes)
    .map(([name, about]) => ({ ...(fieldLine(about, changes[name], currency) ?? { kind: "text", value: _("none") }), label: about.label }));
}
