// Runs the pages' own modules on the cases that arrive as JSON on standard input, and prints what they answer.
import { verifyBundle } from "../../../ledger/api/pages/static/verify/bundle.js";
import { fromHex, toHex } from "../../../ledger/api/pages/static/verify/bytes.js";
import { wrongSscc } from "../../../ledger/api/pages/static/verify/gs1.js";
import { keccak256 } from "../../../ledger/api/pages/static/verify/keccak.js";
import { continues, leafHash, leafOf, rootOfInclusion } from "../../../ledger/api/pages/static/verify/merkle.js";
import { parseCheckpoint, verifyCheckpoint, verifyWitnesses } from "../../../ledger/api/pages/static/verify/note.js";
import { Registry } from "../../../ledger/api/pages/static/verify/registry.js";
import { apply } from "../../../ledger/api/pages/static/verify/registry_rules.js";
import { recover } from "../../../ledger/api/pages/static/verify/secp256k1.js";
import { recordId } from "../../../ledger/api/pages/static/verify/typed.js";
import { judge } from "../../../ledger/api/pages/static/verify/verdict.js";

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
  registry: async ({ genesis, steps, times, partners }) => {
    const taken = [];
    const after = (count) => {
      const registry = new Registry(genesis);
      steps.slice(0, count).forEach((step, i) => taken[i] && apply(registry, step, step.keys, step.time));
      return registry;
    };
    for (const [i, step] of steps.entries()) {
      try {
        apply(after(i), step, step.keys, step.time);
        taken.push(true);
      } catch {
        taken.push(false);
      }
    }
    return { taken, pictures: times.map((time) => picture(after(steps.length), time, partners)) };
  },
  verdict: async ({ path, time, brands, listed, records }) => {
    const evidence = { registry: { brandsOf: () => brands }, listed: new Set(listed), records };
    const { verdict, reasons, data } = await judge(path, evidence, time);
    const told = ({ code, record, reason }) => [record, code, ...(code === "revoked" ? [reason] : [])].join(" ");
    return { verdict, reasons: reasons.map(told).sort(), described: data === null ? [] : [data.record, data.document] };
  },
  bundle: async ({ text, path, trust, time }) => (await judge(path, await verifyBundle(text, path, trust, () => {}), time)).verdict,
  sscc: async ({ load }) => wrongSscc(load),
  witnesses: async ({ note, policy }) => verifyWitnesses(parseCheckpoint(note), policy),
};

// What tests/api/test_browser_twins.py asks of the ledger's registry.
function picture(registry, time, partners) {
  const keys = [...registry.addresses].filter(([key]) => registry.inForce(key, time));
  const numbers = [4, 5, 10];
  return {
    keys: Object.fromEntries(keys.flatMap(([key]) => numbers.map((number) => [`${key} ${number}`, registry.partnerOf(key, number, time)]))),
    needed: registry.needed(time),
    council: keys.filter(([, { kind }]) => kind === 3).map(([key]) => key).sort(),
    suspended: partners.filter((partner) => registry.suspended(partner, time)),
    roles: partners
      .flatMap((partner) => [...(registry.partners.get(partner)?.roles.keys() ?? [])].map((held) => [partner, ...held.split(" ")]))
      .filter(([partner, role, scope]) => registry.hasRole(partner, Number(role), scope, time))
      .map((line) => line.join(" "))
      .sort(),
    contracts: Object.fromEntries([1, 2, 3, 4, 5].map((kind) => [kind, registry.contract(kind, time)])),
  };
}

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
