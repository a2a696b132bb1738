// What the verify page calls kinds of files, the steps of a check, and what each rests on.
import { msg } from "../verify/messages.js";

export const KINDS = {
  trust: msg("trust file"),
  bundle: msg("bundle"),
  contradiction: msg("contradiction of a log"),
  receipt: msg("receipt"),
  entry: msg("proof of an entry"),
  consistency: msg("proof that a log only grew"),
  checkpoint: msg("checkpoint"),
};
export const STEPS = {
  format: msg("Form"),
  log: msg("Log"),
  checkpoint: msg("Checkpoint"),
  witnesses: msg("Witnesses"),
  times: msg("Times"),
  "kept checkpoints": msg("Kept checkpoints"),
  inclusion: msg("Place in the log"),
  seals: msg("Seals"),
  registry: msg("Registry"),
  signatures: msg("Signatures"),
  complete: msg("Completeness"),
  outcomes: msg("Outcomes"),
  anchors: msg("Anchors"),
  state: msg("State of the chain"),
  "cut-off": msg("Size of the award"),
  figures: msg("Figures"),
  receipts: msg("Receipts"),
  receipt: msg("Receipt"),
  record: msg("Record"),
  proof: msg("Proof"),
  contradiction: msg("Contradiction"),
};
export const BASIS = { proved: msg("proved by the file"), "attested by the log": msg("the log's word") };
