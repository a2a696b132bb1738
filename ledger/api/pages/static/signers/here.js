// Who can sign in this browser: the keys of this device that are granted, and its wallet.
import { gettext as _ } from "../gettext.js";
import { json } from "../report.js";
import { entries } from "./store.js";
import { walletHere, walletSigner } from "./wallet.js";

// How a kept key stands by the partner's keys as the service lists them: {status, …}; waiting where it is none of these.
export async function standing({ partner, address }) {
  try {
    const { keys } = await json(`/v1/partners/${partner}/keys`);
    return keys.find((key) => key.address === address) ?? { status: "waiting" };
  } catch {
    return { status: "unknown" };
  }
}

// [{kind, name, connect}]: `connect` gives the signer, and asks its holder where that must be. A key of which the service does
// not say how it stands is offered: it may be the service that is wrong.
export async function signersHere() {
  const kept = await entries();
  const known = await Promise.all(kept.map(standing));
  const usable = kept.filter((entry, i) => ["in force", "unknown"].includes(known[i].status));
  const provider = walletHere();
  return [
    ...usable.map((entry) => ({
      kind: "device",
      name: _("the key of this device ({name})", { name: entry.name }),
      // Loaded where it is used: pages that only show need no library.
      connect: async () => (await import("./device.js")).deviceSigner(entry),
    })),
    ...(provider ? [{ kind: "wallet", name: _("the wallet in this browser"), connect: () => walletSigner(provider) }] : []),
  ];
}
