// Signing in with the wallet in this browser (EIP-1193, EIP-4361). Without one, or without scripts, the forms do.
const place = globalThis.document?.getElementById("wallet");

function hex(text) {
  return "0x" + [...new TextEncoder().encode(text)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export async function answerOf(response) {
  const body = await response.json();
  if (!response.ok) throw new Error(body.detail ?? response.statusText);
  return body;
}

export function post(where, body) {
  return fetch(where, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
}

async function signIn(wallet) {
  const [address] = await wallet.request({ method: "eth_requestAccounts" });
  const { message } = await answerOf(await fetch(`/v1/session/challenge?address=${address}`));
  const signature = await wallet.request({ method: "personal_sign", params: [hex(message), address] });
  await answerOf(await post("/v1/session", { message, signature }));
}

if (place && window.ethereum) {
  const button = place.querySelector("button");
  place.hidden = false;
  button.addEventListener("click", async () => {
    const status = place.querySelector("[role=status]");
    try {
      await signIn(window.ethereum);
      location.assign(button.dataset.back);
    } catch (error) {
      status.textContent = error.message;
    }
  });
}
