// Granting a device's key, and taking one back: shown in words, signed by the wallet here or by the device itself, or given as
// a file with what to type where the master key lies.
import { recordIn, FrameCollection, isFrame } from "../codes/frames.js";
import { scan } from "../codes/scan.js";
import { gettext as _ } from "../gettext.js";
import { answerOf, post } from "../service.js";
import { walletHere, walletSigner } from "../signers/wallet.js";
import { elsewhere } from "../signing/elsewhere.js";
import { prepare, signed } from "../signing/flow.js";
import { ground } from "../signing/ground.js";
import { button, element, show } from "../signing/show.js";
import { requestIn, revokeRecord } from "./requests.js";

// Wires the section that takes requests: a text that is pasted, or the camera.
export function offerGranting(section) {
  const [text, video, status] = ["textarea", "video", "[role=status]"].map((name) => section.querySelector(name));
  const place = section.querySelector(".shown");
  const act = (work) => async () => {
    status.textContent = "";
    try {
      await work();
    } catch (error) {
      status.textContent = error.message;
    }
  };
  section.hidden = false;
  const read = async () => approve(place, await recordIn(text.value));
  section.querySelector("[data-act=read]").addEventListener("click", act(read));
  section.querySelector("[data-act=scan]").addEventListener("click", act(async () => {
    const frames = new FrameCollection();
    video.hidden = false;
    try {
      await scan(video, (found) => {
        if (!isFrame(found)) return false;
        const { have, count } = frames.add(found);
        status.textContent = _("Code {have} of {count}", { have, count });
        return frames.complete;
      }, new AbortController().signal);
    } finally {
      video.hidden = true;
    }
    await approve(place, await frames.record());
  }));
}

async function approve(place, envelope) {
  const rests = await ground();
  const { record, proof } = requestIn(envelope, rests.trust);
  rests.keep();
  const told = [_("The device has signed this request with the key that it asks for.")];
  await show(place, record, told, rests);
  const hand = async (signature) => answerOf(await post("/v1/records", { ...record, signatures: [signature, proof] }));
  place.append(...offers(place, record, [proof], "grant.json", hand));
}

// Shows how `key` of `partner` is taken back. `own`: the device's own signer, where it is its key.
export async function revoke(place, partner, key, own) {
  const record = revokeRecord(partner, key, crypto.getRandomValues(new Uint8Array(16)));
  await show(place, record, [], await ground());
  const hand = async (signature) => answerOf(await post("/v1/records", { ...record, signatures: [signature] }));
  place.append(...offers(place, record, [], "revocation.json", hand, own));
  place.scrollIntoView();
}

// Ways to sign `record`: here, or elsewhere as a file.
function offers(place, record, signatures, file, hand, own = null) {
  const way = (label, signer) => button(label, async () => {
    const with_ = await signer();
    await hand(await signed(with_, await prepare(with_, record)));
    const after = _("Signed and handed in. It takes effect when the chain has recorded it, as a rule within seconds.");
    place.replaceChildren(element("p", { role: "status", class: "done" }, after), element("p", {}, element("a", { href: "/devices" }, _("Show the keys"))));
  });
  const here = [
    ...(own ? [way(_("Sign it with this device's key"), async () => own)] : []),
    ...(walletHere() ? [way(_("Sign it with the wallet in this browser"), () => walletSigner(walletHere()))] : []),
  ];
  return [
    element("p", { class: "row" }, ...here),
    element("h4", {}, _("With a master key kept by Lading")),
    ...elsewhere(record, signatures, file),
  ];
}
