// Handoffs as the dock makes and changes them: the records themselves, and in words what one says that another does not.
import { gettext as _ } from "../gettext.js";
import { objectOf } from "../signing/describe.js";
import { WORDS } from "../signing/fields.js";
import { packages } from "../signing/units.js";
import { toHex } from "../verify/bytes.js";
import { canonical } from "../verify/canonical.js";
import { ExceptionBit } from "../verify/records.js";
import { PROPOSED_SUBMIT_BY } from "./content.js";
import { BY_COUNT, withCount } from "./custody.js";

const ascending = (one, other) => (one.shipment < other.shipment ? -1 : 1);

// The record by which `releaser` gives `items` ({shipment, sequence, packages, exceptions}) to `receiver` at `now` (UTC
// seconds). `photos`: their SHA-256; `salt()`: 16 random bytes.
export function handoffRecord({ items, releaser, receiver, place, load, dueAt, photos, now }, salt) {
  const message = {
    items: [...items].sort(ascending),
    releaser,
    receiver,
    place: { salt: toHex(salt()), country: "", locode: "", gln: "", name: "", ...place },
    load: { salt: toHex(salt()), identifier: load },
    occurredAt: now,
    dueAt,
    submitBy: now + PROPOSED_SUBMIT_BY,
    details: { salt: toHex(salt()), text: detailsText(photos) },
  };
  return { type: "Handoff", message };
}

// The same with other counts and exceptions, by shipment, and with further photos: another record, which both have to sign.
// The same record where nothing is different.
export function changedRecord({ type, message }, counted, photos, held, salt) {
  const items = message.items.map((item) => {
    const { packages: count, noted } = counted.get(item.shipment) ?? { packages: item.packages, noted: item.exceptions };
    const exceptions = count === item.packages ? (item.exceptions & BY_COUNT) | (noted & ~BY_COUNT) : withCount(count, noted, held(item));
    return { ...item, packages: count, exceptions };
  });
  const before = photosIn(message);
  const more = photos.filter((hash) => !before.includes(hash));
  const details = more.length ? { salt: toHex(salt()), text: detailsText([...before, ...more], message.details.text) } : message.details;
  const same = canonical(items) === canonical(message.items) && more.length === 0;
  return same ? { type, message } : { type, message: { ...message, items, details } };
}

// How many packages `item` stood at before, as far as `holding`, or the item itself, says.
export const heldBefore = (item, holding) => holding?.packages ?? (item.exceptions & ExceptionBit.SHORT ? Infinity : item.packages);

// SHA-256 of the photos that a handoff names.
export function photosIn({ details }) {
  const { photos } = objectOf(details.text ?? "") ?? {};
  return Array.isArray(photos) ? photos.filter((hash) => /^0x[0-9a-f]{64}$/.test(hash)) : [];
}

// What the details say but for photos.
function besides({ details }) {
  const said = objectOf(details.text || "{}");
  if (said === null) return details.text;
  const { photos, ...rest } = said;
  return canonical(Array.isArray(photos) || photos === undefined ? rest : { ...rest, photos });
}

// How `after` differs from what was signed before, item by item, in sentences.
export function differences(before, after) {
  const known = new Map(before.items.map((item) => [item.shipment, item]));
  const said = after.items.flatMap((item) => {
    const old = known.get(item.shipment);
    if (old === undefined) return [_("{shipment}: it was not in what you signed before.", { shipment: short(item.shipment) })];
    if (old.packages === item.packages && old.exceptions === item.exceptions) return [];
    const values = { shipment: short(item.shipment), now: packages(item.packages), before: packages(old.packages), noted: notes(item.exceptions) };
    return [_("{shipment}: {now}, {noted}. You signed {before}.", values)];
  });
  const there = new Set(after.items.map(({ shipment }) => shipment));
  const gone = before.items.filter(({ shipment }) => !there.has(shipment));
  const other = canonical({ ...before, items: [], details: "" }) !== canonical({ ...after, items: [], details: "" });
  return [
    ...said,
    ...gone.map(({ shipment }) => _("{shipment}: it is no longer in it.", { shipment: short(shipment) })),
    ...(other ? [_("Partners, place or times differ too.")] : []),
    ...(canonical(photosIn(before)) === canonical(photosIn(after)) ? [] : [_("Other photos are named.")]),
    ...(besides(before) === besides(after) ? [] : [_("What is said besides is not what you signed: read every line.")]),
  ];
}

// The handoff of this device that `message` would change: of the same goods at the same sequence.
export function changedOf(message, handoffs) {
  const place = ({ shipment, sequence }) => `${shipment} ${sequence}`;
  const named = new Set(message.items.map(place));
  return handoffs.find(({ message: before, state }) => state !== "replaced" && before.items.some((item) => named.has(place(item)))) ?? null;
}

export const notes = (mask) => Object.entries(WORDS.ExceptionBit).flatMap(([bit, word]) => (mask & bit ? [word] : [])).join(", ") || _("nothing noted");
export const short = (id) => `${id.slice(0, 10)}…${id.slice(-4)}`;

function detailsText(photos, before = "") {
  const said = before ? JSON.parse(before) : {};
  return photos.length || before ? canonical({ ...said, ...(photos.length ? { photos } : {}) }) : "";
}
