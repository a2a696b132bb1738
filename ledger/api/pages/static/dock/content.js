// What a handoff must satisfy by itself: codes, times, the place's codes, the text inside. Twin of ledger/records/content_checks.py
// and of check_manifest in ledger/custody/handoff.py. Types and ranges are those of the typed data, which verify/typed.js checks.
import { gettext as _ } from "../gettext.js";
import { moment } from "../signing/units.js";
import { parseCanonical } from "../verify/canonical.js";
import { utf8 } from "../verify/bytes.js";
import { ExceptionBit } from "../verify/records.js";
import { COUNTRIES } from "./countries.js";

export const CLOCK_SKEW = 15 * 60; // seconds that `occurredAt` may be ahead of the clock that accepts it
export const DAY = 86400;
export const PROPOSED_SUBMIT_BY = 14 * DAY;
const LONGEST_SUBMIT_BY = 30 * DAY;
const MOST_ITEMS = 200;
const SHORT_TEXT = 512; // bytes
const LONG_TEXT = 16_384;
const MOST_DEPTH = 12;
const EVERY_EXCEPTION = Object.values(ExceptionBit).reduce((all, bit) => all | bit, 0);

// What acceptance has against the message at `now` (UTC seconds) whatever is known besides: sentences, none if nothing.
export function contentFaults(message, now) {
  return [...shape(message), ...times(message, now), ...place(message.place), ...texts(message)];
}

function shape({ items, releaser, receiver }) {
  if (items.length === 0) return [_("No goods are chosen.")];
  if (items.length > MOST_ITEMS) return [_("A handoff takes {most} shipments at most: hand the others over in another.", { most: MOST_ITEMS })];
  if (items.some(({ shipment }, i) => shipment <= (i === 0 ? "0x" + "00".repeat(32) : items[i - 1].shipment))) return [_("A shipment stands there twice, or out of order.")];
  if (releaser === receiver) return [_("Who gives and who takes are the same.")];
  return items.some(({ exceptions }) => exceptions > EVERY_EXCEPTION) ? [_("An exception that this device does not know is noted.")] : [];
}

function times({ occurredAt, submitBy }, now) {
  if (occurredAt > now + CLOCK_SKEW) return [_("It claims to happen at {time}, which is yet to come: compare the clocks of both devices.", { time: moment(occurredAt) })];
  if (submitBy < now) return [_("It had to be handed in by {time}: sign it anew.", { time: moment(submitBy) })];
  return submitBy > occurredAt + LONGEST_SUBMIT_BY ? [_("It may be handed in for longer than 30 days.")] : [];
}

// UN/LOCODE (UNECE Recommendation 16): the country's two letters, and three letters or digits 2 to 9. GLN: 13 digits, GS1.
export function place(said) {
  if (typeof said === "string") return [];
  const { country, locode, gln } = said;
  if (country && !COUNTRIES.has(country)) return [_("{code} is no code of a country, such as NZ.", { code: country })];
  if (locode && !(/^[A-Z]{2}[A-Z2-9]{3}$/.test(locode) && locode.startsWith(country) && COUNTRIES.has(locode.slice(0, 2)))) {
    return [_("{code} is no UN/LOCODE of this country, such as NZAKL.", { code: locode })];
  }
  return gln && !isGln(gln) ? [_("{code} is no GLN: 13 digits, of which the last is a check digit.", { code: gln })] : [];
}

function isGln(text) {
  if (!/^[0-9]{13}$/.test(text)) return false;
  const weighed = [...text].reduce((sum, digit, i) => sum + Number(digit) * (i % 2 === 0 ? 1 : 3), 0);
  return weighed % 10 === 0;
}

function texts({ place: where, load, details }) {
  const short = [where, load].flatMap((part) => (typeof part === "string" ? [] : Object.entries(part).filter(([name]) => name !== "salt")));
  if (short.some(([, text]) => utf8(text).length > SHORT_TEXT)) return [_("A text is too long.")];
  if (!short.every(([, text]) => isPlain(text)) || !(typeof details === "string" || isPlain(details.text))) return [_("A text has characters that no record takes: type it anew.")];
  if (typeof details === "string" || details.text === "") return [];
  return isObject(details.text) ? [] : [_("What is said besides is not in the form of the records.")];
}

// Unicode in its normal form (NFC), whole characters, and no NUL.
const isPlain = (text) => text === text.normalize("NFC") && !text.includes("\0") && !/\p{Cs}/u.test(text);

function isObject(text) {
  if (utf8(text).length > LONG_TEXT) return false;
  try {
    const value = parseCanonical(text);
    return value !== null && typeof value === "object" && !Array.isArray(value) && signsPlainly(value, 1);
  } catch {
    return false;
  }
}

// Only whole numbers that every reader reads alike, nested no deeper than any of ours.
function signsPlainly(value, depth) {
  if (typeof value === "number") return Number.isSafeInteger(value);
  if (value === null || typeof value !== "object") return true;
  return depth <= MOST_DEPTH && Object.values(value).every((inner) => signsPlainly(inner, depth + 1));
}
