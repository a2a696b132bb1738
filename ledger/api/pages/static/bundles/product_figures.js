// The verdict that a product's bundle gives, as its page has it.
import { verifyBundle } from "../verify/bundle.js";
import { msg } from "../verify/messages.js";
import { Refused } from "../verify/refusals.js";
import { judge } from "../verify/verdict.js";

const WORDS = new Map([
  ["authentic", msg("The maker vouches for it.")],
  ["recalled", msg("It is recalled.")],
  ["incomplete", msg("Some lots or serials of it are recalled, and this code does not tell which it is.")],
  ["revoked", msg("The maker took its word back.")],
  ["expired", msg("The maker's word has run out.")],
  ["unknown", msg("Nobody who speaks for the brand vouches for it.")],
]);

export async function checkProductFigures({ bundle, text, trust }) {
  const evidence = await verifyBundle(text, bundle.subject, trust, () => {}).catch((error) => {
    throw new Refused("figures", error.words ?? msg("it cannot be read"));
  });
  const latest = Math.max(0, ...evidence.records.map(({ known }) => known));
  const { verdict } = await judge(bundle.subject, evidence, latest);
  return { words: msg("By these records: {verdict}", { verdict: WORDS.get(verdict) }) };
}
