// What a brand says of its product: the attestation that is shown with it, and the signed text. Twin of
// ledger/products/description.py.
import { sha256, toHex, utf8 } from "./bytes.js";
import { parseCanonical } from "./canonical.js";
import { covers, parseProduct } from "./gs1.js";
import { msg } from "./messages.js";
import { Refused } from "./refusals.js";

const FORMAT = "product/1";
const PICTURE_TYPES = ["image/webp", "image/jpeg", "image/png"];
const NOTHING = /^0x0*$/;

export const productSchema = async () => toHex(await sha256(utf8("product")));

// {record, document} of the description in force, from whom speaks for the brand, that says most of the product, then the
// newest; null where there is none. `valid`: attestations in force, in log order.
export function described(product, valid, chains, schema) {
  let best = null;
  for (const { id, message } of valid) {
    if (message.schema !== schema || !chains.has(message.by) || NOTHING.test(message.document)) continue;
    const subject = parseProduct(message.subject);
    if (subject === null || !covers(subject, product)) continue;
    const told = [subject.variant, subject.lot, subject.serial].filter((part) => part !== "").length;
    if (best === null || told >= best.told) best = { told, record: id, document: message.document };
  }
  return best;
}

// {brand, names, descriptions, picture: {sha256, type} or null} of a text with the signed hash; null where what was signed
// describes nothing that can be shown. Throws Refused for another text.
export async function parseDescription(text, document, gtin) {
  if (toHex(await sha256(utf8(text))) !== document) {
    throw new Refused("product", msg("The name and picture that the service gives are not what the brand signed."));
  }
  try {
    const { lading, brand, names, descriptions, picture = null, gtin: about } = parseCanonical(text);
    const fits = lading === FORMAT && about === gtin && typeof brand === "string" && [names, descriptions].every(areTexts);
    const drawn = picture === null || (PICTURE_TYPES.includes(picture.type) && /^0x[0-9a-f]{64}$/.test(picture.sha256));
    return fits && drawn && Object.keys(names).length ? { brand, names, descriptions, picture } : null;
  } catch {
    return null; // a brand may sign anything
  }
}

const areTexts = (texts) => Object.values(texts).every((text) => typeof text === "string");

// Whether the bytes are those of the picture that was signed; throws Refused where not.
export async function mustBePicture(bytes, picture) {
  if (toHex(await sha256(bytes)) !== picture.sha256) {
    throw new Refused("picture", msg("The picture that the service gives is not the one that the brand signed."));
  }
}

// The text in a language, or one of the same tongue, else English, else the first.
export function inLanguage(texts, language) {
  const [tongue] = language.split("-");
  const tags = Object.keys(texts).sort();
  const tag = [language, ...tags.filter((one) => one.split("-")[0] === tongue), "en", ...tags].find((one) => one in texts);
  return tag === undefined ? "" : texts[tag];
}
