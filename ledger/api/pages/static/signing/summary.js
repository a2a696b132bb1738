// A record in sentences, for whoever is about to sign it: who gives what to whom, where, how many, in which state, and what it
// costs if late. Everything that it says besides stands in the lines of describe.js.
import { gettext as _, ngettext } from "../gettext.js";
import { lateness } from "./cost.js";
import { objectOf, partnerText } from "./describe.js";
import { TITLES, WORDS } from "./fields.js";
import { ExceptionBit, RECORDS } from "../verify/records.js";
import { grouped, moment, packages } from "./units.js";
import { ascii, scopesText } from "./values.js";
import { visible } from "./visible.js";

const GOODS = 5; // that are named one by one

const SENTENCES = {
  Handoff: handoff,
  ShipmentTerms: shipmentTerms,
  Statement: statement,
  Split: split,
  Clearance: clearance,
  KeyGrant: keyGrant,
  KeyRevoke: keyRevoke,
  Endorsement: endorsement,
};

export const titleOf = (record) => TITLES[RECORDS[record.type].number];

// `names`: of partners by number. `terms`: as termsOf gives them. Only the title for kinds of records that need no more.
export function summary(record, names, terms = new Map()) {
  const who = (partner) => partnerText(partner, names);
  const said = SENTENCES[record.type]?.(record.message, who, terms) ?? [];
  return said.length && saysMore(record) ? [...said, _("It says more than these sentences do: read every line below.")] : said;
}

// Whether its details say anything that no sentence does: photos are named by number, and a device by what its holder calls it.
export function saysMore({ message: { details } }) {
  if (details === undefined || typeof details === "string" || details.text === "") return false;
  const data = objectOf(details.text);
  return data === null || Object.keys(data).some((name) => name !== "photos" && name !== "device");
}

function handoff({ items, releaser, receiver, place, dueAt }, who, terms) {
  const [giver, taker] = [who(releaser), who(receiver)];
  const count = items.reduce((sum, item) => sum + item.packages, 0);
  return [
    _("{giver} gives {packages} to {taker}.", { giver, taker, packages: packages(count) }),
    ...firstOf(items, ({ shipment }) => carried(shipment, terms)),
    where(place),
    ...state(items, giver, taker),
    ...(dueAt ? [_("{taker} is to pass it on by {time}.", { taker, time: moment(dueAt) })] : []),
    ...late(items.map(({ shipment }) => shipment), who, terms),
  ];
}

// What `tell` says of the first entries, and how many more there are.
function firstOf(entries, tell) {
  const more = entries.length - GOODS;
  return [...entries.slice(0, GOODS).flatMap(tell), ...(more > 0 ? [ngettext("And {count} more, which stands below.", "And {count} more, which stand below.", more)] : [])];
}

// What is noted of the goods' condition, item by item where items differ.
function state(items, giver, taker) {
  const noted = (mask) => Object.entries(WORDS.ExceptionBit).flatMap(([bit, word]) => (Math.floor(mask / bit) % 2 ? [word] : []));
  const bad = items.filter(({ exceptions }) => exceptions);
  if (bad.length === 0) return [_("They are handed over complete and without damage: nothing else is noted.")];
  return [
    ...bad.map(({ packages: count, exceptions }) => _("{packages}: {notes}.", { packages: packages(count), notes: noted(exceptions).join(", ") })),
    ...(bad.some(({ exceptions }) => exceptions & ExceptionBit.REFUSED)
      ? [_("What {taker} refuses stays with {giver}.", { giver, taker })] : []),
    ...(bad.length < items.length ? [_("Nothing is noted about the others.")] : []),
  ];
}

function carried(shipment, terms) {
  const { message } = terms.get(shipment) ?? {};
  const { commercial, contents } = message ?? {};
  const order = typeof commercial === "object" ? commercial.orderRef : "";
  const goods = Array.isArray(contents) ? contents.filter((one) => typeof one === "object").map(goodsText) : [];
  const said = [...(order ? [_("order {order}", { order: visible(order) })] : []), ...goods];
  if (said.length === 0) return [_("Shipment {shipment}: its order and goods are not shown to you.", { shipment: short(shipment) })];
  return [_("Shipment {shipment}: {goods}.", { shipment: short(shipment), goods: said.join(", ") })];
}

function goodsText({ quantity, unit, description, gtin, lot }) {
  const numbers = [...(gtin ? [`GTIN ${visible(gtin)}`] : []), ...(lot ? [_("lot {lot}", { lot: visible(lot) })] : [])].join(", ");
  const values = { quantity: grouped(quantity), unit: visible(unit), goods: visible(description) || _("goods"), numbers };
  return numbers ? _("{quantity} {unit} of {goods} ({numbers})", values) : _("{quantity} {unit} of {goods}", values);
}

function where(place) {
  const said = placeText(place);
  return said ? _("Where: {place}.", { place: said }) : _("No place is named.");
}

const placeText = ({ name, locode, gln, country }) => [name, locode, gln && `GLN ${gln}`, country].filter(Boolean).map(visible).join(", ");

function late(shipments, who, terms) {
  const said = shipments.flatMap((shipment) => {
    const { message, amended } = terms.get(shipment) ?? {};
    if (message === undefined) return [];
    return lateness(message.commercial, who, amended);
  });
  const others = said.length && shipments.some((shipment) => !terms.has(shipment)) ? [_("What a delay of the other shipments costs is not shown here.")] : [];
  return [...new Set(said), ...others];
}

function shipmentTerms({ consignor, consignee, holder, packages: count, mode, origin, destination, contents, commercial }, who, later) {
  const values = { consignor: who(consignor), consignee: who(consignee), packages: packages(count), mode: WORDS.Mode[mode] ?? "–" };
  return [
    _("{consignor} sends {packages} to {consignee}, by {mode}.", values),
    ...firstOf(contents, (goods) => [_("Goods: {goods}.", { goods: goodsText(goods) })]),
    ...(placeText(origin) || placeText(destination)
      ? [_("From {origin} to {destination}.", { origin: placeText(origin) || "–", destination: placeText(destination) || "–" })] : []),
    _("{holder} has them now.", { holder: who(holder) }),
    ...lateness(commercial, who, later === true),
  ];
}

function statement({ by, kind, counterparty, shipment, place }, who, terms) {
  const values = { by: who(by), what: WORDS.StatementKind[kind] ?? "–", shipment: short(shipment), other: who(counterparty) };
  return [
    counterparty ? _("{by} states, towards {other}: {what}.", values) : _("{by} states: {what}.", values),
    ...carried(shipment, terms),
    where(place),
  ];
}

function split({ by, shipment, children, reason }, who, terms) {
  const parts = children.map((child) => packages(child.packages)).join(" + ");
  const values = { by: who(by), count: children.length, parts, reason: WORDS.SplitReason[reason] ?? "–" };
  return [
    ngettext("{by} makes {count} part of a shipment: {parts} ({reason}).", "{by} divides a shipment into {count} parts: {parts} ({reason}).", children.length, values),
    ...carried(shipment, terms),
  ];
}

function clearance({ by, items, status, regime, jurisdiction, declarant }, who, terms) {
  const country = visible(ascii(jurisdiction));
  const values = { by: who(by), status: WORDS.ClearanceStatus[status] ?? "–", regime: WORDS.Regime[regime] ?? "–", country };
  return [
    ngettext("{by} declares {count} shipment {status}: {regime}, {country}.", "{by} declares {count} shipments {status}: {regime}, {country}.", items.length, values),
    ...items.flatMap(({ shipment }) => carried(shipment, terms)).slice(0, GOODS),
    ...(declarant ? [_("Declared by {declarant}.", { declarant: who(declarant) })] : []),
  ];
}

function keyGrant({ partner, key, actor, scopes, validFrom, validUntil }, who) {
  return [
    _("{partner} lets the key {key} sign in its name: {what}.", { partner: who(partner), key, what: scopesText(scopes) }),
    ...(actor ? [_("Who carries it works for {actor}.", { actor: who(actor) })] : []),
    _("From {from} until {until}.", { from: moment(validFrom), until: moment(validUntil) }),
  ];
}

function keyRevoke({ partner, key }, who) {
  return [_("{partner} takes back the key {key}, at once and for ever.", { partner: who(partner), key })];
}

function endorsement({ by, target }, who, terms) {
  const { message, amended } = terms.get(target) ?? {};
  const values = { by: who(by), record: short(target) };
  if (message === undefined) return [_("{by} puts its name to the record {record}, which is not shown here: read it first.", values)];
  return [
    _("{by} puts its name to the terms of shipment {record}, which bind it as if it had signed them:", values),
    ...shipmentTerms(message, who, amended),
    ...(saysMore({ message }) ? [_("The terms say more than these sentences do: read them whole on the shipment's page.")] : []),
  ];
}

const short = (id) => `${id.slice(0, 10)}…${id.slice(-4)}`;
