// Texts that a key may sign (EIP-191): sign-in texts of this very page (EIP-4361), and no others.
import { gettext as _ } from "../gettext.js";
import { concat, utf8 } from "../verify/bytes.js";
import { keccak256 } from "../verify/keccak.js";

export function personalDigest(text) {
  const bytes = utf8(text);
  return keccak256(concat(utf8(`\x19Ethereum Signed Message:\n${bytes.length}`), bytes));
}

// Throws unless `message` asks `address` to sign in at `host`, as the browser's address bar names it.
export function requireSignIn(message, address, host) {
  const [first, second] = String(message).split("\n");
  const asked = first.match(/^(\S+) wants you to sign in with your Ethereum account:$/)?.[1];
  if (asked === undefined || second?.toLowerCase() !== address) throw new Error(_("The service asks to sign something else than a sign-in text."));
  if (asked !== host) {
    throw new Error(_("The service calls itself {asked}, and this page is at {host}: open it at its public address.", { asked, host }));
  }
}
