// GS1 Digital Link paths as subjects of records, and what a recall takes in. Twin of ledger/common/gs1.py.

const PATH = /^01\/([0-9]{14})(?:\/22\/([^/]+))?(?:\/10\/([^/]+))?(?:\/21\/([^/]+))?$/;
const VALUE = /^[!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]{1,20}$/; // GS1 character set 82
const QUALIFIERS = ["variant", "lot", "serial"];

// {gtin, variant, lot, serial} of a path, "" for what it does not name; null for anything that is no canonical path.
export function parseProduct(path) {
  const match = PATH.exec(path);
  if (match === null || !checkDigitHolds(match[1])) return null;
  const [variant, lot, serial] = match.slice(2).map((text) => (text === undefined ? "" : decoded(text)));
  return [variant, lot, serial].includes(null) ? null : { gtin: match[1], variant, lot, serial };
}

// What a recall that nobody checked is about: the whole GTIN where the rest of the path cannot be read; null where there
// is no GTIN.
export function recalledProduct(subject) {
  return parseProduct(subject) ?? (subject[17] === "/" ? parseProduct(subject.slice(0, 17)) : null);
}

// The canonical path of the product in an address such as /p/01/9421900000012/10/a%2fb, in any spelling that a code may
// have; null where there is none.
export function pathOfAddress(address) {
  const parts = address.split("/").slice(address.split("/").indexOf("01") + 1);
  const [digits, ...rest] = parts;
  if (!/^[0-9]{8}$|^[0-9]{12,14}$/.test(digits)) return null;
  const pairs = [];
  for (let i = 0; i + 1 < rest.length; i += 2) {
    pairs.push(`${rest[i]}/${encoded(rest[i + 1].replace(/%([0-9a-f]{2})/gi, (_, pair) => String.fromCharCode(parseInt(pair, 16))))}`);
  }
  const path = [`01/${digits.padStart(14, "0")}`, ...pairs].join("/");
  return parseProduct(path) === null ? null : path;
}

// The 18 digits of a load that is written as an SSCC, where its check digit is wrong; "" for any other load. Twin of
// check_load in ledger/common/gs1_keys.py.
export function wrongSscc(load) {
  const match = /^(?:00)?([0-9]{18})$/.exec(load.replace(/[\s\-()]/g, ""));
  return match === null || checkDigitHolds(match[1]) ? "" : match[1];
}

// Of a key with an even number of digits.
function checkDigitHolds(gtin) {
  const total = [...gtin].reduce((sum, digit, i) => sum + Number(digit) * (i % 2 === 0 ? 3 : 1), 0);
  return total % 10 === 0;
}

function decoded(text) {
  const plain = text.replace(/%([0-9A-F]{2})/g, (_, pair) => String.fromCharCode(parseInt(pair, 16)));
  return VALUE.test(plain) && encoded(plain) === text ? plain : null;
}

function encoded(value) {
  return value.replace(/[^A-Za-z0-9\-._~]/g, (c) => "%" + c.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0"));
}

// Whether what is said of one product is said of the other too: the same, or a lot or item of it.
export function covers(subject, product) {
  return subject.gtin === product.gtin && QUALIFIERS.every((name) => subject[name] === "" || subject[name] === product[name]);
}

// Whether a recall of `subject`, narrowed to `lots` (the record's text), takes in a product: true, false, or null where
// that cannot be told. Lots that nobody can read are all of them.
export function recallCovers(subject, lots, product) {
  if (subject.gtin !== product.gtin) return false;
  let unsure = false;
  for (const name of QUALIFIERS) {
    if (subject[name] && product[name] && subject[name] !== product[name]) return false;
    unsure ||= Boolean(subject[name] && !product[name]);
  }
  const answers = parseLots(lots).map((entry) => entryCovers(entry, product));
  if (answers.length && answers.every((answer) => answer === false)) return false;
  if (answers.length && !unsure) return answers.includes(true) ? true : null;
  return unsure ? null : true;
}

function entryCovers(entry, product) {
  if ("lot" in entry) return product.lot ? entry.lot === product.lot : null;
  const { from, to } = entry;
  return product.serial ? product.serial.length === from.length && from <= product.serial && product.serial <= to : null;
}

function parseLots(text) {
  try {
    const entries = text === "" ? [] : JSON.parse(text);
    const printed = entries.map(({ lot, from, to }) => (lot === undefined ? { from, to } : { lot }));
    const fits = printed.every((entry) => Object.values(entry).every((value) => typeof value === "string" && VALUE.test(value)) && rangeFits(entry));
    return fits && (JSON.stringify(printed) === text || printed.length === 0) ? printed : [];
  } catch {
    return [];
  }
}

const rangeFits = ({ lot, from, to }) => lot !== undefined || (from.length === to.length && from <= to);
