// What the browser's verdict means, in words. They stand here and not in the page: what was altered on its way cannot put
// other words into the mouth of the check.
import { RecallAction, RevocationReason } from "./verify/records.js";

// Verdict → heading, mark, what it says, what to do.
export const HEADS = {
  authentic: [
    "Authentic", "✓", "The maker vouches for this product.",
    "Compare lot and serial with the package, and look at seal and print: a code can be copied.",
  ],
  recalled: ["Recalled", "!", "This product has been recalled.", "Do not use it."],
  incomplete: ["Which one?", "?", "The code alone does not say which goods these are.", "Tell what is printed on the package: then this page can answer."],
  revoked: ["No longer vouched for", "!", "The maker withdrew its word for this product.", "Ask the shop or the maker before you use it."],
  expired: ["No longer vouched for", "–", "The maker's word for this product has run out.", "Look at the date on the package, and ask the shop or the maker when in doubt."],
  unknown: [
    "Unknown", "?", "Nobody who may speak for this brand has vouched for this code here.",
    "That is no proof of a fake, and none that it is genuine. Check the code for typing errors, or ask the shop or the maker.",
  ],
  careful: [
    "Be careful", "!", "The records are in order, but the service says that something speaks against this code. Your browser cannot check that.",
    "Read below what it is. Compare lot and serial with the package, and ask the shop or the maker before you use it.",
  ],
  refused: [
    "No", "✗", "Your browser checked this page, and it does not hold. Do not believe what it says about the product.",
    "Read below what does not hold. Ask the shop or the maker by another way, and tell them.",
  ],
  unchecked: ["Not checked", "?", "Your browser could not check what the service says.", "Take the service's word below for no more than that."],
};

const TO_DO = {
  [RecallAction.STOP_SALE]: "Do not sell or use it; ask the contact.",
  [RecallAction.QUARANTINE]: "Set it aside, do not use it; ask the contact.",
  [RecallAction.RETURN]: "Do not use it; bring it back where you bought it.",
  [RecallAction.DESTROY]: "Do not use it; destroy it so that nobody else can.",
};
const REASONS = Object.fromEntries(Object.entries(RevocationReason).map(([name, code]) => [code, name.toLowerCase()]));

// A reason in a sentence, {text, record}: what the browser found, about which record.
export function sentence({ code, by, chain, reason }, name) {
  const authorised = chain.length ? "whom the brand authorised" : "who holds the brand's prefix";
  switch (code) {
    case "recall":
    case "recall of some lots or serials":
      return `Recalled${code === "recall" ? "" : ", for some lots or serials,"} by ${name(by)}.`;
    case "recall by others":
      return `${name(by)} calls for a recall; it does not speak for this brand and is no authority.`;
    case "attested":
      return `Attested by ${name(by)}, ${authorised}.`;
    case "revoked":
      return `${name(by)} revoked its attestation (reason: ${REASONS[reason] ?? "unknown"}).`;
    case "expired":
      return `The attestation by ${name(by)} has expired.`;
    case "not yet valid":
      return `The attestation by ${name(by)} is not valid yet.`;
    case "not listed":
      return `${name(by)} attested a list of codes, and this one was not shown to be among them.`;
    default:
      return `Attested by ${name(by)}, who does not speak for this brand.`;
  }
}

// What to do with recalled goods.
export function toDo({ action, contact }) {
  return `${TO_DO[action] ?? "Do not use it; ask the contact."}${contact ? ` Contact: ${contact}` : ""}`;
}
