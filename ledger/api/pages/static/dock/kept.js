// The handoffs of this device: what has become of each, and what can be done with it.
import { gettext as _, ngettext } from "../gettext.js";
import { partnerText } from "../signing/describe.js";
import { button, element } from "../signing/show.js";
import { moment, packages } from "../signing/units.js";
import { photosIn } from "./handoff.js";
import { offers } from "./photos.js";
import { isQueued } from "./queue.js";
import * as store from "./store.js";
import { isComplete } from "./world.js";

const STATES = {
  accepted: ({ answer }) => answer,
  refused: ({ answer }) => _("The service refused it: {answer}", { answer }),
  replaced: () => _("Another handoff of the same goods was signed in its place."),
  open: (entry) => (isComplete(entry) ? entry.answer || _("Both have signed. It waits for a network.") : _("It waits for the other side's signature.")),
};

// Fills `place` with those that the partner of `desk` (null: none is known) has signed, the newest first. `open(entry)`: shows one; `hand()`: hands in what waits; `changed()`: something is otherwise now.
export async function list(place, desk, { open, hand, changed }) {
  const all = (await store.handoffs()).reverse();
  const own = all.filter(({ message, side }) => message[side] === desk?.dock.partner);
  const cards = await Promise.all(own.map((entry) => card(entry, desk.rests.names, { open, hand, changed })));
  const made = cards.length ? cards : [element("p", {}, all.length ? _("What was signed on this device is shown to who signed it: sign in.") : _("No handoff has been signed on this device."))];
  place.replaceChildren(...made);
}

// How many wait to be handed in.
export const waiting = async () => (await store.handoffs()).filter(isQueued).length;

async function card(entry, names, { open, hand, changed }) {
  const { id, message, state } = entry;
  const whole = isComplete(entry) ? "whole" : "half";
  const made = element("section", { class: "card handoff", "data-id": id, "data-state": state, "data-signed": whole });
  const values = { giver: partnerText(message.releaser, names), taker: partnerText(message.receiver, names), packages: packages(message.items.reduce((sum, item) => sum + item.packages, 0)) };
  const shipments = ngettext("{count} shipment", "{count} shipments", message.items.length);
  made.append(
    element("h3", {}, _("{giver} gives {packages} to {taker}.", values)),
    element("p", {}, _("{shipments}, {time}", { shipments, time: moment(message.occurredAt) })),
    element("p", { class: "state" }, STATES[state](entry)),
  );
  const again = async () => {
    await store.keepHandoff({ ...entry, state: "open", answer: "" });
    await hand();
  };
  const acts = element("p", { class: "row" });
  if (state !== "replaced") acts.append(button(_("Show it"), () => open(entry), "quiet"));
  if (isQueued(entry)) acts.append(button(_("Hand it in now"), hand, "quiet"));
  if (state === "refused") acts.append(button(_("Try again"), again, "quiet"));
  if (!isQueued(entry)) acts.append(button(_("Remove it from this device"), async () => store.forgetHandoff(id).then(changed), "quiet"));
  if (state === "accepted") acts.append(element("a", { href: `/records/${id}` }, _("Its page")));
  made.append(acts, element("p", { class: "row" }, ...(await offers(photosIn(message)))));
  return made;
}
