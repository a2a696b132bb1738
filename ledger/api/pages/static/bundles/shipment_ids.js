// Ids of shipments that a record opens beside those that it names. Twin of ledger/records/shipment_ids.py.
import { bigEndian, concat, fromHex, toHex } from "../verify/bytes.js";
import { keccak256 } from "../verify/keccak.js";

const REMAINDER = 2 ** 32 - 1;

// The child `index` (from 0) that the record at `sequence` of a shipment opens.
export const childId = (parent, sequence, index) => toHex(keccak256(concat(fromHex(parent), bigEndian(sequence, 32), bigEndian(index, 32))));

// What was missing from the short item that named `sequence`.
export const remainderId = (parent, sequence) => childId(parent, sequence, REMAINDER);
