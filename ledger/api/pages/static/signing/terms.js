// Terms of shipments, as far as the service opens them to this reader: believed only where their own fingerprint is the
// shipment's number, so that nobody can show other goods or prices beside it.
import { json } from "../report.js";
import { toHex } from "../verify/bytes.js";
import { recordId } from "../verify/typed.js";

const MOST = 20; // shipments of a manifest that are looked up

// The shipments that a record is about; what an endorsement names may be the terms of one.
export function shipmentsOf({ type, message }) {
  if (type === "Endorsement") return [message.target];
  const named = [...(message.items ?? []), ...(message.parents ?? [])].map(({ shipment }) => shipment);
  return [...new Set(message.shipment === undefined ? named : [message.shipment, ...named])];
}

// A map from shipment to {message, amended}; `amended`: the service knows of amendments of these terms. Shipments that came
// from a split, and those beyond the first twenty, are not in it.
export async function termsOf(shipments, trust) {
  const found = new Map();
  await Promise.all(shipments.slice(0, MOST).map(async (shipment) => {
    try {
      const { type, message } = await json(`/v1/records/${shipment}`);
      if (type !== "ShipmentTerms" || toHex(recordId({ type, message }, trust)) !== shipment) return;
      const { records } = await json(`/v1/records?target=${shipment}&type=Amendment&limit=1`);
      found.set(shipment, { message, amended: records.length > 0 });
    } catch {
      // not here, or not for this reader: then its number alone is told
    }
  }));
  return found;
}
