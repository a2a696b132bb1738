// Runs the pages' own modules on the cases that arrive as JSON on standard input, and prints what they answer.
import { fromHex, toHex } from "../../ledger/api/pages/static/bytes.js";
import { keccak256 } from "../../ledger/api/pages/static/keccak.js";
import { continues, leafHash, leafOf, rootOfInclusion } from "../../ledger/api/pages/static/merkle.js";
import { parseCheckpoint, verifyCheckpoint, verifyWitnesses } from "../../ledger/api/pages/static/note.js";
import { recover } from "../../ledger/api/pages/static/secp256k1.js";
import { recordId } from "../../ledger/api/pages/static/typed.js";

const tasks = {
  keccak: async ({ data }) => toHex(keccak256(fromHex(data))),
  id: async ({ view, trust }) => toHex(recordId(view, trust)),
  recover: async ({ digest, signature }) => toHex(recover(fromHex(digest), fromHex(signature))),
  leaf: async ({ number, id, signatures, time }) => toHex(await leafHash(await leafOf(number, fromHex(id), signatures.map(fromHex), time))),
  inclusion: async ({ leaf, index, size, proof }) => toHex(await rootOfInclusion(fromHex(leaf), index, size, proof.map(fromHex))),
  consistency: async ({ first, root1, second, root2, proof }) =>
    continues(first, fromHex(root1), second, fromHex(root2), proof.map(fromHex)),
  checkpoint: async ({ note, origin, key }) => {
    const parsed = parseCheckpoint(note);
    return { size: parsed.size, root: toHex(parsed.root), signed: await verifyCheckpoint(parsed, origin, fromHex(key)) };
  },
  witnesses: async ({ note, policy }) => verifyWitnesses(parseCheckpoint(note), policy),
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
