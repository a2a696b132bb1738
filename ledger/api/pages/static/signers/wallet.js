// The wallet in this browser (EIP-1193) as a signer, with the interface of a device's key.
import { toHex, utf8 } from "../verify/bytes.js";
import { typedData } from "../verify/typed.js";

// Asks the wallet for an account: {kind, address, name, signRecord, signText}. Throws where its holder refuses.
export async function walletSigner(provider) {
  const [account] = await provider.request({ method: "eth_requestAccounts" });
  return {
    kind: "wallet",
    address: account.toLowerCase(),
    name: "",
    signRecord: (record, trust) =>
      provider.request({ method: "eth_signTypedData_v4", params: [account, JSON.stringify(typedData(record, trust))] }),
    signText: (text) => provider.request({ method: "personal_sign", params: [toHex(utf8(text)), account] }),
  };
}

export const walletHere = () => globalThis.ethereum ?? null;
