// Runs the page's own signing with a wallet and a service that answer as standard input says, and prints what they were asked.
import { walletSigner } from "../../../ledger/api/pages/static/signers/wallet.js";
import { prepared, sign } from "../../../ledger/api/pages/static/sign.js";
import { summary } from "../../../ledger/api/pages/static/signing/summary.js";

let text = "";
for await (const chunk of process.stdin) text += chunk;
const { id, address, signature, answers } = JSON.parse(text);
const asked = [];
globalThis.location = { hash: "", search: "" };
globalThis.fetch = async (where, options = {}) => {
  asked.push({ where, body: options.body === undefined ? null : JSON.parse(options.body) });
  const { status, body } = answers[where];
  return { ok: status < 400, statusText: String(status), json: async () => body };
};
const wallet = {
  request: async ({ method, params }) => {
    asked.push({ where: method, body: params ?? null });
    return method === "eth_requestAccounts" ? [address] : signature;
  },
};
try {
  const signer = await walletSigner(wallet);
  const ready = await prepared(signer, id);
  const said = summary(ready.record, ready.rests.names);
  console.log(JSON.stringify({ told: ready.told, said, answer: await sign(signer, ready), asked }));
} catch (error) {
  console.log(JSON.stringify({ refused: error.message, asked }));
}
