// The pages of single records and of the log: checks in the reader's own browser what can be checked of one record, and
// says of the rest whose word it is. Who may sign what is checked on a product's page, and by `lading verify`.
import { fromHex, same, toHex } from "./verify/bytes.js";
import { compareWithMemory } from "./memory.js";
import { leafHash, leafOf, rootOfInclusion } from "./verify/merkle.js";
import { list, moment, msg } from "./verify/messages.js";
import { parseCheckpoint, verifyCheckpoint, verifyWitnesses } from "./verify/note.js";
import { RECORDS } from "./verify/records.js";
import { Refused, Unable } from "./verify/refusals.js";
import { Report, json, proofBetween, text } from "./report.js";
import { recover } from "./verify/secp256k1.js";
import { trusted } from "./trust.js";
import { recordId } from "./verify/typed.js";

// What the signers signed is what stands here, and which keys signed it; its digest.
function checkContent(view, wanted, trust, pools, report) {
  if (view.id !== wanted) throw new Refused("subject", msg("The service sent another record than this page is about."));
  let id = null;
  try {
    // Records of money bind their pool too: under another one this record would have another fingerprint.
    id = pools.map((bonusPool) => recordId(view, { ...trust, bonusPool })).find((one) => toHex(one) === view.id) ?? null;
  } catch {
    // no record, so no id
  }
  if (id === null) throw new Refused("content", msg("The text of this record is not what was signed."));
  report.say("content", msg("The record's data has the fingerprint that was signed. Its wording on this page is the service's."));
  if (view.type === "Outcome") {
    if (view.signatures.length) throw new Refused("signatures", msg("Only the log itself writes outcomes, and nobody signs them."));
    report.say("signatures", msg("Nobody signs such entries: the log itself wrote down what the chain did."), null);
    return id;
  }
  if (view.signatures.length === 0) throw new Refused("signatures", msg("Nobody signed this record."));
  for (const signature of view.signatures) {
    let key;
    try {
      key = toHex(recover(id, fromHex(signature)));
    } catch {
      throw new Refused("signatures", msg("A signature of this record is none."));
    }
    report.say("signatures", msg("The key {key} signed it.", { key: `${key.slice(0, 10)}…${key.slice(-4)}` }));
  }
  report.say("keys", msg("Whose keys these are, and whether they may sign this, is the service's word: not checked here."), null);
  return id;
}

// The record is an entry of the tree under the checkpoint; the checkpoint.
async function checkEntry(view, id, proof, report) {
  const step = "inclusion";
  const leaf = await leafOf(RECORDS[view.type].number, id, view.signatures.map(fromHex), view.log.logged_at);
  const hash = await leafHash(leaf);
  if (toHex(hash) !== proof.leafHash || proof.index !== view.log.index) throw new Refused(step, msg("This is not what the log has at this entry."));
  const checkpoint = parseCheckpoint(proof.checkpoint);
  let root = null;
  try {
    root = await rootOfInclusion(hash, proof.index, proof.size, proof.proof.map(fromHex));
  } catch {
    // a proof of the wrong length leads to no root
  }
  if (root === null || checkpoint.size !== proof.size || !same(root, checkpoint.root)) {
    throw new Refused(step, msg("The proof that this record is in the log does not hold."));
  }
  const { index, size } = proof;
  report.say(step, msg("The record, its signatures and its time are entry {index} of {size} under the log's root.", { index, size }));
  return checkpoint;
}

// The log and its witnesses signed the checkpoint, and it continues what this browser saw before; keeps it.
async function checkLog(checkpoint, trust, report) {
  const log = trust.logs.find(({ origin }) => origin === checkpoint.origin);
  if (log === undefined) throw new Refused("log", msg("This is another log than the one in the trust file."));
  const signed = await verifyCheckpoint(checkpoint, log.origin, fromHex(log.key));
  if (signed === null) throw new Unable("checkpoint", msg("This browser cannot check Ed25519 signatures, so it cannot check the log."));
  if (!signed) throw new Refused("checkpoint", msg("The log has not signed this state."));
  report.say("checkpoint", msg("The log in the trust file signed its state with {size} entries.", { size: checkpoint.size }));
  await checkWitnesses(checkpoint, trust.witnesses, report);
  (await compareWithMemory(checkpoint, log, proofBetween, (...said) => report.say(...said)))();
}

async function checkWitnesses(checkpoint, policy, report) {
  if (!policy) {
    report.say("witnesses", msg("The trust file names no witnesses: only the operator vouches that everybody is shown the same log."), null);
    return;
  }
  const found = await verifyWitnesses(checkpoint, policy);
  if (!found) throw new Refused("witnesses", msg("A signature of a witness of this log does not hold."));
  const { names, time } = found;
  const asked = { all: policy.keys.length, threshold: policy.threshold, count: names.length };
  if (!found.enough) throw new Refused("witnesses", msg("Of {all} witnesses, {threshold} must have seen this log; {count} have.", asked));
  report.say("witnesses", msg("Witnesses have seen the same log: {names}, by {time}.", { names: list(names), time: moment(time) }));
}

async function check(section) {
  const report = new Report(section);
  try {
    if (!globalThis.crypto?.subtle) {
      throw new Unable("browser", msg("This browser can check only pages that come over an encrypted connection (https)."));
    }
    const { trust: served, pools } = await json("/v1/consortium");
    const { trust, keep } = await trusted(served, (...said) => report.say(...said));
    const wanted = section.dataset.record;
    if (wanted === undefined) {
      await checkLog(parseCheckpoint(await text("/v1/log/checkpoint")), trust, report);
    } else {
      const view = await json(`/v1/records/${wanted}`);
      const id = checkContent(view, wanted, trust, pools, report);
      await checkLog(await checkEntry(view, id, await json(`/v1/records/${wanted}/proof`), report), trust, report);
    }
    keep();
    report.end("yes", msg("Your browser has checked this much itself:"));
  } catch (error) {
    report.fail(error);
  }
}

for (const section of document.querySelectorAll(".check")) check(section);
