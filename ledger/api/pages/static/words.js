// What the browser's verdict means, in words. They stand here and not in the page: what was altered on its way cannot put
// other words into the mouth of the check.
import { msg } from "./verify/messages.js";
import { RecallAction, RevocationReason } from "./verify/records.js";

// Verdict → heading, mark, what it says, what to do.
export const HEADS = {
  authentic: [
    msg("Authentic"), "✓", msg("The maker vouches for this product."),
    msg("Compare lot and serial with the package, and look at seal and print: a code can be copied."),
  ],
  recalled: [msg("Recalled"), "!", msg("This product has been recalled."), msg("Do not use it.")],
  incomplete: [msg("Which one?"), "?", msg("The code alone does not say which goods these are."), msg("Tell what is printed on the package: then this page can answer.")],
  revoked: [msg("No longer vouched for"), "!", msg("The maker withdrew its word for this product."), msg("Ask the shop or the maker before you use it.")],
  expired: [msg("No longer vouched for"), "–", msg("The maker's word for this product has run out."), msg("Look at the date on the package, and ask the shop or the maker when in doubt.")],
  unknown: [
    msg("Unknown"), "?", msg("Nobody who may speak for this brand has vouched for this code here."),
    msg("That is no proof of a fake, and none that it is genuine. Check the code for typing errors, or ask the shop or the maker."),
  ],
  careful: [
    msg("Be careful"), "!", msg("The records are in order, but the service says that something speaks against this code. Your browser cannot check that."),
    msg("Read below what it is. Compare lot and serial with the package, and ask the shop or the maker before you use it."),
  ],
  refused: [
    msg("No"), "✗", msg("Your browser checked this page, and it does not hold. Do not believe what it says about the product."),
    msg("Read below what does not hold. Ask the shop or the maker by another way, and tell them."),
  ],
  unchecked: [msg("Not checked"), "?", msg("Your browser could not check what the service says."), msg("Take the service's word below for no more than that.")],
};

const TO_DO = {
  [RecallAction.STOP_SALE]: msg("Do not sell or use it; ask the contact."),
  [RecallAction.QUARANTINE]: msg("Set it aside, do not use it; ask the contact."),
  [RecallAction.RETURN]: msg("Do not use it; bring it back where you bought it."),
  [RecallAction.DESTROY]: msg("Do not use it; destroy it so that nobody else can."),
};
const REASONS = {
  [RevocationReason.ERROR]: msg("error"),
  [RevocationReason.EXPIRED]: msg("expired"),
  [RevocationReason.WITHDRAWN]: msg("withdrawn"),
  [RevocationReason.SUPERSEDED]: msg("superseded"),
  [RevocationReason.RECALLED]: msg("recalled"),
};

// A reason in a sentence: what the browser found, and whose word it is by `name`.
export function sentence({ code, by, chain, reason }, name) {
  const who = { name: name(by) };
  switch (code) {
    case "recall":
      return msg("Recalled by {name}.", who);
    case "recall of some lots or serials":
      return msg("Recalled, for some lots or serials, by {name}.", who);
    case "recall by others":
      return msg("{name} calls for a recall; it does not speak for this brand and is no authority.", who);
    case "attested":
      if (chain.length) return msg("Attested by {name}, whom the brand authorised.", who);
      return msg("Attested by {name}, who holds the brand's prefix.", who);
    case "revoked":
      return msg("{name} revoked its attestation (reason: {reason}).", { ...who, reason: REASONS[reason] ?? msg("unknown") });
    case "expired":
      return msg("The attestation by {name} has expired.", who);
    case "not yet valid":
      return msg("The attestation by {name} is not valid yet.", who);
    case "not listed":
      return msg("{name} attested a list of codes, and this one was not shown to be among them.", who);
    default:
      return msg("Attested by {name}, who does not speak for this brand.", who);
  }
}

// What to do with recalled goods, in sentences.
export function toDo({ action, contact }) {
  const act = TO_DO[action] ?? msg("Do not use it; ask the contact.");
  return contact ? [act, msg("Contact: {contact}", { contact })] : [act];
}
