// Signing a proposed record with the wallet in this browser (EIP-1193, EIP-712). First the service says what acceptance would
// say, whose key this is and as what it signs; then the wallet shows the record itself, and signs.
import { answerOf, post } from "./wallet.js";

// What the signer is told before the wallet is asked, in words, and the payload for the wallet. Throws what is refused.
export async function prepare(wallet, id) {
  const [address] = await wallet.request({ method: "eth_requestAccounts" });
  const { type, message } = await answerOf(await fetch(`/v1/records/${id}`));
  const asked = await answerOf(await post(`/v1/records/typed-data?signer=${address}`, { type, message }));
  if (asked.id !== id) throw new Error("The service answers with another record than this page is about.");
  if (asked.signer === null) throw new Error("Who has to sign follows from a record that is not here yet.");
  const told = [`You sign as ${asked.signer.role}, for ${asked.signer.name}.`];
  if (asked.closed.length) told.push(`Not released: ${asked.closed.join(", ")}. Handed over all the same, it is a breach.`);
  return { address, told, payload: asked.typedData };
}

// Lets the wallet sign, and hands the signature in, however the wallet spells it.
export async function sign(wallet, id, { address, payload }) {
  const signature = await wallet.request({ method: "eth_signTypedData_v4", params: [address, JSON.stringify(payload)] });
  return answerOf(await post(`/v1/records/${id}/signatures`, { signatures: [signature] }));
}

function offer(section, wallet) {
  const [button, status] = [section.querySelector("button"), section.querySelector("[role=status]")];
  const id = section.dataset.record;
  let ready = null;
  section.hidden = false;
  button.addEventListener("click", async () => {
    try {
      if (ready === null) {
        ready = await prepare(wallet, id);
        status.textContent = ready.told.join(" ");
        button.textContent = "Sign it";
      } else {
        await sign(wallet, id, ready);
        location.reload();
      }
    } catch (error) {
      ready = null;
      button.textContent = button.dataset.first;
      status.textContent = error.message;
    }
  });
}

const section = globalThis.document?.getElementById("sign");
if (section && globalThis.ethereum) offer(section, globalThis.ethereum);
