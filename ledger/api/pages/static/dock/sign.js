// A handoff before it is signed, and after: in words, with what acceptance would have against it, what was changed, a place to
// count, and the codes for the other device.
import { filmOf } from "../codes/film.js";
import { gettext as _ } from "../gettext.js";
import { partnerText } from "../signing/describe.js";
import { button, element, show } from "../signing/show.js";
import { toHex } from "../verify/bytes.js";
import { recordId } from "../verify/typed.js";
import { now, readyDesk, salt, signature } from "./desk.js";
import { envelopeOf } from "./exchange.js";
import { age } from "./facts.js";
import { counted, goodsText, row } from "./goods.js";
import { changedOf, changedRecord, differences, heldBefore } from "./handoff.js";
import * as photographs from "./photos.js";
import { judge } from "./rules.js";
import * as store from "./store.js";
import { isComplete } from "./world.js";

const list = (sentences, kind) => element("ul", { class: kind }, ...sentences.map((sentence) => element("li", {}, sentence)));

// Shows `reading` ({record, id, side, keys, signatures} of exchange.js) in `place`, and lets it be signed where that is due.
// `done()`: called when something was kept.
export async function present(place, reading, done) {
  const desk = await readyDesk(reading.id);
  const { record, id, side } = reading;
  const before = desk.handoffs.find((one) => one.id === id) ?? null;
  const signatures = { ...before?.signatures, ...given(reading.signatures) };
  const [key] = desk.keys;
  const mine = Boolean(signatures[side]);
  const keys = { ...reading.keys, [side]: reading.keys[side] ?? key.address };
  const verdict = judge(record.message, keys, desk.world, now());
  await show(place, record, told(reading, desk, signatures), desk.rests);
  place.append(...judged(verdict, desk));
  if (isComplete({ signatures })) {
    // What was signed here is handed in whatever this device has learnt since: perhaps the other one was faster.
    const kept = verdict.refused.length === 0 || Boolean(before?.signatures[side]);
    if (kept) await keep(reading, signatures, before, null);
    await finished(place, { ...record, id, signatures }, kept);
    done();
    return;
  }
  if (mine) {
    await finished(place, { ...record, id, signatures }, true);
    return;
  }
  const other = side === "releaser" ? "receiver" : "releaser";
  if (signatures[other]) place.append(counting(reading, desk, (changed) => present(place, { ...reading, ...changed }, done)));
  if (verdict.refused.length) return;
  const replaced = changedOf(record.message, desk.handoffs)?.id ?? null;
  place.append(element("p", {}, button(_("Sign it with {name}", { name: key.name }), async () => {
    signatures[side] = await signature(key, record, desk.rests.trust);
    await keep(reading, signatures, before, replaced);
    await present(place, { ...reading, keys, signatures }, done);
    done();
  })));
}

const given = (signatures) => Object.fromEntries(Object.entries(signatures).filter(([, made]) => made));

function keep({ record, id, side }, signatures, before, replaced) {
  const entry = before ?? { id, ...record, side, created: Date.now(), state: "open", answer: "" };
  return store.keepHandoff({ ...entry, signatures }, replaced);
}

function told({ record: { message }, id, side }, { dock, handoffs, world }, signatures) {
  const names = { releaser: partnerText(message.releaser, world.names), receiver: partnerText(message.receiver, world.names) };
  const earlier = changedOf(message, handoffs.filter((one) => one.id !== id && one.signatures[side]));
  const other = side === "releaser" ? "receiver" : "releaser";
  return [
    ...(signatures[other] ? [_("{partner} has signed it.", { partner: names[other] })] : []),
    ...(earlier ? [_("It is not what you signed before:"), ...differences(earlier.message, message)] : []),
    _("Judged by what this device knows, which is {age}.", { age: age(dock.at, now()) }),
  ];
}

function judged({ refused, breach, open }) {
  const made = [];
  if (refused.length) made.push(element("div", { class: "problem", role: "alert" }, element("p", {}, _("The ledger would refuse it:")), list(refused, "plain refused")));
  else if (breach.length) made.push(element("div", { class: "remark" }, element("p", {}, _("Signed by both all the same, it is recorded as a breach:")), list(breach, "plain breach")));
  if (open.length) made.push(element("div", { class: "remark" }, element("p", {}, _("Only the service and the chain can say:")), list(open, "plain open")));
  return made;
}

// Counts and exceptions as the one who looks finds them. What is different is another record, which both have to sign.
function counting({ record, side }, { world, rests }, changed) {
  const held = (item) => heldBefore(item, world.holding(item.shipment));
  const rows = record.message.items.map((item) =>
    row(item.shipment, { count: item.packages, held: held(item), noted: item.exceptions, chosen: null, goods: goodsText(world.holding(item.shipment)?.terms) }));
  const photos = element("input", { type: "file", accept: "image/*", capture: "environment", multiple: "" });
  const act = button(_("Take over what I counted"), async () => {
    const made = changedRecord(record, counted(place), await photographs.kept(photos.files), held, salt);
    const id = toHex(recordId(made, rests.trust));
    const same = id === toHex(recordId(record, rests.trust));
    if (same) throw new Error(_("Nothing is different: sign it as it is."));
    await changed({ record: made, id, side, keys: { releaser: null, receiver: null }, signatures: { releaser: null, receiver: null } });
  }, "quiet");
  const place = element("details", { class: "counting" }, element("summary", {}, _("Count, and note exceptions")), ...rows, element("p", {}, element("label", {}, _("Photos"), " ", photos)), element("p", {}, act));
  return place;
}

// What is left to do with a handoff that this side has signed.
async function finished(place, handoff, fine) {
  const whole = isComplete(handoff);
  const words = whole ? _("Both sides have signed. It is handed in as soon as there is a network; let the other device read it too.") : _("Signed. Let the other device read it now, and then read what that shows.");
  if (fine) place.append(element("p", { role: "status", class: whole ? "done whole" : "done" }, words));
  place.append(await filmOf(envelopeOf(handoff), `handoff-${handoff.id.slice(2, 10)}.json`));
}
