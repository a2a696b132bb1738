// What a bundle is about: shipment/0x…, partner/7, award/0x…, trace/0x… or a GS1 path. Twin of ledger/bundle/subject.py.
import { parseProduct } from "../verify/gs1.js";
import { msg } from "../verify/messages.js";
import { Told } from "../verify/refusals.js";

const SUBJECT = /^(?:(shipment|award|trace)\/(0x[0-9a-f]{64})|partner\/([1-9][0-9]{0,12}))$/;

// {kind: shipment, partner, award, trace or product; id, partner, product: what it names}; throws Told.
export function parseSubject(text) {
  const product = text.startsWith("01/") ? parseProduct(text) : null;
  if (product !== null) return { kind: "product", product };
  const match = SUBJECT.exec(text);
  if (match === null) throw new Told(msg("It is about nothing that a bundle can be about: {subject}.", { subject: text.slice(0, 100) }));
  return match[3] === undefined ? { kind: match[1], id: match[2] } : { kind: "partner", partner: Number(match[3]) };
}
