// Checks records in the reader's own browser and says in words what held. Without scripts the page says the same less
// this; nothing else depends on it.
import { continues, fromHex, leafHash, leafOf, parseCheckpoint, rootOfInclusion, same, toHex, verifyCheckpoint, verifyWitnesses } from "./merkle.js";
import { recordId, recover } from "./typed.js";

const MEMORY = "lading-log";
const KINDS = { Attestation: "The maker's word", Recall: "The recall", Revocation: "The revocation" };

async function json(where) {
  const response = await fetch(where, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error((await response.json()).detail ?? response.statusText);
  return response.json();
}

class Report {
  constructor(section) {
    this.status = section.querySelector(".status");
    this.list = section.querySelector(".steps");
    this.bad = false;
  }

  say(held, text) {
    const line = document.createElement("li");
    line.className = held === null ? "skip-step" : held ? "yes" : "no";
    line.textContent = text;
    this.list.append(line);
    if (held === false) this.bad = true;
    return held;
  }

  head(text) {
    const line = document.createElement("li");
    line.className = "head";
    line.textContent = text;
    this.list.append(line);
  }

  end(good, bad) {
    this.status.textContent = this.bad ? bad : good;
    this.status.classList.add(this.bad ? "no" : "yes");
  }
}

// What the signers signed is what stands here, and these keys signed it.
async function checkContent(report, view, consortium, types) {
  if (KINDS[view.type]) report.head(KINDS[view.type]);
  if (view.signatures.length === 0) {
    report.say(null, "Nobody signs such entries: the log itself wrote down what the chain did.");
    return;
  }
  const id = recordId(view, consortium.trust, types);
  report.say(toHex(id) === view.id, "The text of this record has the fingerprint that was signed.");
  const keys = view.signatures.map((signature) => toHex(recover(id, fromHex(signature))));
  const known = await Promise.all(
    view.signers.map((signer) => (signer.id ? json(`/v1/partners/${signer.id}`) : Promise.resolve(null))),
  );
  keys.forEach((key, i) => {
    const partner = known[i];
    const whose = partner === null ? view.signers[i].name : partner.name;
    const listed = partner === null ? null : partner.keys.includes(key);
    const remark = listed === false ? " (a key that is no longer in force)" : "";
    report.say(true, `Signed by the key ${key.slice(0, 10)}…${key.slice(-4)} of ${whose}${remark}.`);
  });
}

// The record is an entry of the tree under a checkpoint. Returns the checkpoint, or null.
async function checkEntry(report, view, proof) {
  const leaf = await leafOf(view.number, fromHex(view.id), view.signatures.map(fromHex), view.log.logged_at);
  const hash = await leafHash(leaf);
  report.say(toHex(hash) === proof.leafHash, "The record, its signatures and its time make up the log's entry.");
  const checkpoint = parseCheckpoint(proof.checkpoint);
  let root = null;
  try {
    root = await rootOfInclusion(hash, proof.index, proof.size, proof.proof.map(fromHex));
  } catch {
    // a proof of the wrong length leads to no root
  }
  const held = root !== null && checkpoint.size === proof.size && same(root, checkpoint.root);
  report.say(held, `It is entry ${proof.index.toLocaleString("en")} of ${proof.size.toLocaleString("en")} under the log's signed root.`);
  return held ? checkpoint : null;
}

async function checkLog(report, checkpoint, log, policy) {
  const held = await verifyCheckpoint(checkpoint, log.origin, fromHex(log.publicKey));
  report.say(
    held,
    held === null
      ? "This browser cannot check Ed25519 signatures, so the log's own signature was not checked."
      : "The log signed this root.",
  );
  if (policy) await checkWitnesses(report, checkpoint, policy);
  await checkMemory(report, checkpoint, log);
}

// Others have seen this checkpoint too, and found that it continues what they saw before.
async function checkWitnesses(report, checkpoint, policy) {
  const found = await verifyWitnesses(checkpoint, policy);
  if (found === null) {
    report.say(null, "This browser cannot check Ed25519 signatures, so the witnesses were not checked.");
  } else if (found === false) {
    report.say(false, "A signature of a witness of this log does not hold.");
  } else {
    const who = found.names.length ? found.names.join(", ") : "none";
    report.say(
      found.enough,
      found.enough
        ? `Witnesses have seen the same log: ${who}, by ${new Date(found.time * 1000).toLocaleString("en")}.`
        : `Of ${policy.keys.length} witnesses, ${policy.threshold} must have seen this log; here are ${who}.`,
    );
  }
}

// The log is the one that this browser saw before, and has only grown since.
async function checkMemory(report, checkpoint, log) {
  let before = null;
  try {
    before = JSON.parse(localStorage.getItem(MEMORY));
  } catch {
    // nothing that we wrote
  }
  const now = { key: log.publicKey, origin: log.origin, size: checkpoint.size, root: toHex(checkpoint.root) };
  if (before && before.origin === now.origin) {
    if (before.key !== now.key) {
      report.say(false, "This log has another key than the one your browser saw before.");
      return;
    }
    const [old, young] = before.size <= now.size ? [before, now] : [now, before];
    let held = old.size === young.size && old.root === young.root;
    if (old.size < young.size) {
      const { proof } = await json(`/v1/log/proof/consistency?first=${old.size}&second=${young.size}`);
      held = await continues(old.size, fromHex(old.root), young.size, fromHex(young.root), proof.map(fromHex));
    }
    report.say(
      held,
      held
        ? `Nothing was changed since your browser saw this log with ${before.size.toLocaleString("en")} entries.`
        : `The log is not a continuation of the one your browser saw with ${before.size.toLocaleString("en")} entries. Tell somebody.`,
    );
    if (!held || before.size > now.size) return;
  } else {
    report.say(null, "Your browser remembers this log from now on, and will notice if its past is changed.");
  }
  if (!report.bad) localStorage.setItem(MEMORY, JSON.stringify(now));
}

async function checkRecords(section) {
  const report = new Report(section);
  const ids = ["record", "record1", "record2"].map((name) => section.dataset[name]).filter(Boolean);
  try {
    const [log, consortium, { types }] = await Promise.all([json("/v1/log"), json("/v1/consortium"), json("/v1/records/types")]);
    for (const id of ids) {
      const view = await json(`/v1/records/${id}`);
      if (view.id !== id) throw new Error("another record was answered");
      await checkContent(report, view, consortium, types);
      const checkpoint = await checkEntry(report, view, await json(`/v1/records/${id}/proof`));
      if (checkpoint && id === ids.at(-1)) await checkLog(report, checkpoint, log, consortium.trust.witnesses);
    }
    report.end("Your browser has checked this itself:", "Your browser found that something does not hold:");
  } catch (error) {
    report.say(null, `The check could not be finished: ${error.message}`);
    report.end("Your browser could check only this much:", "Your browser found that something does not hold:");
  }
}

async function checkOnlyLog(section) {
  const report = new Report(section);
  try {
    const [log, consortium] = await Promise.all([json("/v1/log"), json("/v1/consortium")]);
    const note = await (await fetch("/v1/log/checkpoint")).text();
    await checkLog(report, parseCheckpoint(note), log, consortium.trust.witnesses);
    report.end("Your browser has checked the log itself:", "Your browser found that something does not hold:");
  } catch (error) {
    report.say(null, `The check could not be finished: ${error.message}`);
  }
}

// A scan of a single item is told to the service, so that a code that turns up in many hands is noticed.
async function tellScan(verdict) {
  const response = await fetch("/p-scan", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ code: verdict.dataset.code }),
  });
  if (response.ok && (await response.json()).verdict !== verdict.dataset.verdict) location.reload();
}

for (const section of document.querySelectorAll(".check")) {
  if ("log" in section.dataset) checkOnlyLog(section);
  else checkRecords(section);
}
const verdict = document.querySelector(".verdict[data-serial]");
if (verdict) tellScan(verdict).catch(() => {});
