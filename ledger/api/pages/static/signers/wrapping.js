// Wrapping a device's key, so that what this browser stores opens nowhere else: AES-GCM under a key that comes out of the
// device's own lock (WebAuthn PRF, through HKDF) where it has one that can, else under a key that WebCrypto keeps and gives to
// no script. The caller's bytes of the key are overwritten in any case.
import { gettext as _ } from "../gettext.js";
import { utf8 } from "../verify/bytes.js";

const AES = { name: "AES-GCM", length: 256 };
const PURPOSE = "lading/device-key/1 ";
const TIMEOUT = 120_000;

const random = (length) => crypto.getRandomValues(new Uint8Array(length));

// `secret` (32 bytes, wiped) sealed for `address`: {kind, iv, sealed, …}, which may be stored. Throws where the person at the
// device did not unlock it.
export async function wrap(secret, address, name) {
  try {
    const lock = (await prfLock(address, name)) ?? (await browserLock());
    const iv = random(12);
    const sealed = new Uint8Array(await crypto.subtle.encrypt({ ...AES, iv, additionalData: utf8(PURPOSE + address) }, lock.key, secret));
    return { ...lock.kept, iv, sealed };
  } finally {
    secret.fill(0);
  }
}

// What `use` makes of the key (32 bytes), which is wiped afterwards.
export async function withSecret({ address, wrapping }, use) {
  const key = wrapping.kind === "prf" ? await derived(await evaluated(wrapping), address) : wrapping.key;
  const { iv, sealed } = wrapping;
  const secret = new Uint8Array(await crypto.subtle.decrypt({ ...AES, iv, additionalData: utf8(PURPOSE + address) }, key, sealed));
  try {
    return await use(secret);
  } finally {
    secret.fill(0);
  }
}

async function browserLock() {
  const key = await crypto.subtle.generateKey(AES, false, ["encrypt", "decrypt"]);
  return { key, kept: { kind: "browser", key } };
}

// A passkey of this device whose PRF gives the wrapping key; null where the device offers none.
async function prfLock(address, name) {
  if (!(await offersPrf())) return null;
  const salt = random(32);
  const user = { id: random(16), name: `Lading: ${name}`, displayName: name };
  const publicKey = {
    challenge: random(32),
    rp: { name: "Lading" },
    user,
    pubKeyCredParams: [{ type: "public-key", alg: -7 }, { type: "public-key", alg: -257 }],
    authenticatorSelection: { authenticatorAttachment: "platform", residentKey: "preferred", userVerification: "required" },
    timeout: TIMEOUT,
    extensions: { prf: { eval: { first: salt } } },
  };
  const made = await unlocked(() => navigator.credentials.create({ publicKey }));
  const prf = made?.getClientExtensionResults().prf;
  if (!prf?.enabled) return null;
  const kept = { kind: "prf", credential: new Uint8Array(made.rawId), salt };
  // Not every device evaluates when it makes the passkey: then it is asked at once.
  return { key: await derived(prf.results?.first ?? (await evaluated(kept)), address), kept };
}

async function offersPrf() {
  const kind = globalThis.PublicKeyCredential;
  if (!globalThis.isSecureContext || kind === undefined || !navigator.credentials) return false;
  if (!(await kind.isUserVerifyingPlatformAuthenticatorAvailable())) return false;
  return (await kind.getClientCapabilities?.())?.["extension:prf"] !== false;
}

async function evaluated({ credential, salt }) {
  const publicKey = {
    challenge: random(32),
    allowCredentials: [{ type: "public-key", id: credential }],
    userVerification: "required",
    timeout: TIMEOUT,
    extensions: { prf: { eval: { first: salt } } },
  };
  const given = await unlocked(() => navigator.credentials.get({ publicKey }));
  const result = given?.getClientExtensionResults().prf?.results?.first;
  if (result === undefined) throw new Error(_("This device no longer gives what unlocks its key. Make a new key, and revoke this one."));
  return result;
}

async function derived(output, address) {
  const bytes = new Uint8Array(output);
  const material = await crypto.subtle.importKey("raw", bytes, "HKDF", false, ["deriveKey"]);
  bytes.fill(0);
  const how = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(32), info: utf8(PURPOSE + address) };
  return crypto.subtle.deriveKey(how, material, AES, false, ["encrypt", "decrypt"]);
}

// A place that has no passkeys (an address in numbers, an old device) has none to ask for: null. A refusal is no such place.
async function unlocked(ask) {
  try {
    return await ask();
  } catch (error) {
    if (error.name === "SecurityError" || error.name === "NotSupportedError") return null;
    throw new Error(_("The device was not unlocked, so its key was not used. Try again."), { cause: error });
  }
}
