// Reading parsed JSON, one value at a time: each reader returns the value or throws Told, which names the place. Twin of
// ledger/common/json_fields.py.
import { fromHex } from "../verify/bytes.js";
import { msg } from "../verify/messages.js";
import { Refused, Told } from "../verify/refusals.js";

// What `work` gives; whatever it throws becomes a refusal of `step`, in its own words where it has some, else in `otherwise`.
export async function inStep(step, otherwise, work) {
  try {
    return await work();
  } catch (error) {
    if (error.step !== undefined) throw error;
    throw new Refused(step, error.words ?? otherwise);
  }
}

// An object with exactly the fields `names`, and any of `more`.
export function fieldsOf(value, where, names, more = []) {
  if (value === null || typeof value !== "object" || Array.isArray(value)) throw new Told(msg("{where} is no object.", { where }));
  const unknown = Object.keys(value).find((name) => !names.includes(name) && !more.includes(name));
  if (unknown !== undefined) throw new Told(msg("{where} has a part that does not belong there: {name}.", { where, name: unknown }));
  const missing = names.find((name) => !Object.hasOwn(value, name));
  if (missing !== undefined) throw new Told(msg("{where} lacks its part {name}.", { where, name: missing }));
  return value;
}

// The entries of a list with their places, [[where, value], …].
export function entriesOf(value, where, least = 0, most = Infinity) {
  if (!Array.isArray(value) || value.length < least || value.length > most) {
    throw new Told(msg("{where} is no list, or not of a fitting length.", { where }));
  }
  return value.map((entry, i) => [`${where}[${i}]`, entry]);
}

export function textOf(value, where) {
  if (typeof value !== "string") throw new Told(msg("{where} is no text.", { where }));
  return value;
}

export function integerOf(value, where, least = 0, most = Number.MAX_SAFE_INTEGER) {
  if (!Number.isSafeInteger(value) || value < least || value > most) throw new Told(msg("{where} is no number that fits there.", { where }));
  return value;
}

// Bytes from lower-case hex with 0x; exactly `length` of them, where that is given.
export function hexOf(value, where, length = null) {
  let bytes = null;
  try {
    bytes = fromHex(value);
  } catch {
    // said below
  }
  if (bytes === null || (length !== null && bytes.length !== length)) throw new Told(msg("{where} is not written in hex as it must be.", { where }));
  return bytes;
}

export const hashesOf = (value, where) => entriesOf(value, where).map(([at, hash]) => hexOf(hash, at, 32));
