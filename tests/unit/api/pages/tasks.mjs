// Runs the pages' own modules on the cases that arrive as JSON on standard input, and prints what they answer.
import { FrameCollection, recordIn, toFrames } from "../../../../ledger/api/pages/static/codes/frames.js";
import { grantRecord, requestIn, revokeRecord } from "../../../../ledger/api/pages/static/devices/requests.js";
import { handoffRecord, changedRecord, differences, heldBefore } from "../../../../ledger/api/pages/static/dock/handoff.js";
import { envelopeOf, readHandoff } from "../../../../ledger/api/pages/static/dock/exchange.js";
import { contentFaults } from "../../../../ledger/api/pages/static/dock/content.js";
import { became } from "../../../../ledger/api/pages/static/dock/receipt.js";
import { judge } from "../../../../ledger/api/pages/static/dock/rules.js";
import { worldOf } from "../../../../ledger/api/pages/static/dock/world.js";
import { decode, encode } from "../../../../ledger/api/pages/static/lib/qr.js";
import { addressOf, deviceSigner, signatureOf } from "../../../../ledger/api/pages/static/signers/device.js";
import { canonicalSignature, signedBy } from "../../../../ledger/api/pages/static/signers/signature.js";
import { personalDigest, requireSignIn } from "../../../../ledger/api/pages/static/signers/texts.js";
import { wrap } from "../../../../ledger/api/pages/static/signers/wrapping.js";
import { owedAfter } from "../../../../ledger/api/pages/static/signing/cost.js";
import { describe, textOf } from "../../../../ledger/api/pages/static/signing/describe.js";
import { summary } from "../../../../ledger/api/pages/static/signing/summary.js";
import { fromHex, toHex } from "../../../../ledger/api/pages/static/verify/bytes.js";
import { openBook } from "../../../../ledger/api/pages/static/verify/partner_book.js";
import { recordId, typedData } from "../../../../ledger/api/pages/static/verify/typed.js";

const flat = ({ label, kind, lines, ...rest }) =>
  kind === "group" ? [label, lines.map(flat)] : [label, kind, textOf({ kind, ...rest })];

// A code as a camera's picture has it: so many pixels for each module, as RGBA.
function picture(text, pixels) {
  const rows = encode(text, "raw", { ecc: "medium", border: 4 });
  const size = rows.length * pixels;
  const data = new Uint8ClampedArray(size * size * 4).fill(255);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) if (rows[Math.floor(y / pixels)][Math.floor(x / pixels)]) data.fill(0, (y * size + x) * 4, (y * size + x) * 4 + 3);
  }
  return { width: size, height: size, data };
}

// The world of a device whose signed book says the same as the service.
function world(dock, handoffs = []) {
  const owners = new Map(dock.partners.flatMap(({ id, keys }) => keys.map(({ address }) => [address, { partner: id }])));
  return worldOf(dock, handoffs, { names: new Map(), owner: (key) => owners.get(key) ?? null });
}

const tasks = {
  judged: ({ message, keys, dock, now, handoffs }) => {
    const verdict = judge(message, keys, world(dock, handoffs), now);
    return { ...verdict, changes: Object.fromEntries(verdict.changes) };
  },
  composed: ({ asked, salt }) => handoffRecord(asked, () => fromHex(salt)),
  changed: ({ record, counted, photos, dock, salt }) => {
    const here = world(dock);
    const made = changedRecord(record, new Map(counted), photos, (item) => heldBefore(item, here.holding(item.shipment)), () => fromHex(salt));
    return { made, said: differences(record.message, made.message) };
  },
  readHandoff: ({ envelope, trust, dock }) => {
    const { record, ...read } = readHandoff(envelope, trust, world(dock));
    return { ...read, envelope: envelopeOf({ ...record, signatures: read.signatures }) };
  },
  differences: ({ before, after }) => differences(before, after),
  faults: ({ message, now }) => contentFaults(message, now),
  became: ({ entry, response, body, trust }) => became(entry, response, body, trust),
  held: ({ dock, handoffs }) => world(dock, handoffs).held().map(([shipment, { packages, sequence }]) => [shipment, packages, sequence]),
  address: ({ secret }) => addressOf(fromHex(secret)),
  sign: ({ secret, record, trust }) => signatureOf(recordId(record, trust), fromHex(secret)),
  // As a kept key signs: wrapped as where the device has no lock of its own.
  kept: async ({ secret, record, trust }) => {
    const [key, name] = [fromHex(secret), "phone"];
    const address = addressOf(key);
    return deviceSigner({ address, name, wrapping: await wrap(key, address, name) }).signRecord(record, trust);
  },
  text: ({ secret, text }) => signatureOf(personalDigest(text), fromHex(secret)),
  signIn: ({ message, address, host }) => requireSignIn(message, address, host) ?? "fits",
  spelt: ({ signature }) => canonicalSignature(signature),
  signedBy: ({ address, digest, signature }) => signedBy(address, fromHex(digest), signature),
  frames: ({ record }) => toFrames(record),
  pasted: ({ text }) => recordIn(text),
  scanned: async ({ frames }) => {
    const collection = new FrameCollection();
    const progress = frames.map((frame) => collection.add(decode(picture(frame, 3))));
    return { progress, record: await collection.record() };
  },
  grant: ({ asked, salt }) => grantRecord(asked, fromHex(salt)),
  revoke: ({ partner, key, salt }) => revokeRecord(partner, key, fromHex(salt)),
  request: ({ envelope, trust }) => requestIn(envelope, trust),
  book: async ({ book, trust }) => {
    const { size, council, names, owner } = await openBook(book, trust);
    const keys = book.entries.flatMap((entry) => entry.keys.map(({ address }) => address));
    return { size, council: [...council], names: Object.fromEntries(names), owners: Object.fromEntries(keys.map((key) => [key, owner(key)])) };
  },
  summary: ({ record, names, terms, amended = false }) =>
    summary(record, new Map(names), new Map(terms.map(([shipment, message]) => [shipment, { message, amended }]))),
  owed: ({ days, commercial }) => days.map((one) => String(owedAfter(one, commercial))),
  describe: ({ record }) => describe(record).map(flat),
  typed: ({ record, trust }) => ({ id: toHex(recordId(record, trust)), payload: typedData(record, trust) }),
};

let text = "";
for await (const chunk of process.stdin) text += chunk;
const answers = [];
for (const { task, ...given } of JSON.parse(text)) {
  try {
    answers.push(await tasks[task](given));
  } catch (error) {
    answers.push(`refused: ${error.message}`);
  }
}
console.log(JSON.stringify(answers));
