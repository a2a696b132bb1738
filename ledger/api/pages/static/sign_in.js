// Signing in with a key of this device, or with the wallet in this browser (EIP-1193, EIP-4361). Without either, or without
// scripts, the forms of the page do.
import { gettext as _ } from "./gettext.js";
import { answerOf, post } from "./service.js";
import { requireSignIn } from "./signers/texts.js";

// Begins a session for the signer's key. Throws what is refused, and before anything is signed that is no sign-in here.
export async function signIn(signer) {
  const { message } = await answerOf(await fetch(`/v1/session/challenge?address=${signer.address}`));
  requireSignIn(message, signer.address, location.host);
  await answerOf(await post("/v1/session", { message, signature: await signer.signText(message) }));
}
