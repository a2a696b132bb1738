// What a delay costs by the commercial terms of a shipment, in sentences: alpha · (days late)², at most the cap.
import { gettext as _ } from "../gettext.js";
import { money, moment } from "./units.js";

// What is owed after whole days late: minor units, as ledger/penalties rounds them; customs holds and reliefs are none here.
export function owedAfter(days, { alpha, penaltyCap }) {
  const amount = BigInt(alpha) * BigInt(days) * BigInt(days);
  return amount < BigInt(penaltyCap) ? amount : BigInt(penaltyCap);
}

// `commercial`: of terms, or the hash that stands for it. `amended`: whether the service knows of amendments of these terms.
export function lateness(commercial, who, amended) {
  if (typeof commercial !== "object") return [_("What a delay costs is not shown to you.")];
  const later = amended ? [_("These terms were amended since: the shipment's page says how.")] : [];
  const { promisedAt, grace, alpha, penaltyCap, currency, liable, beneficiary } = commercial;
  if (promisedAt === 0 || !liable || BigInt(penaltyCap) === 0n || BigInt(alpha) === 0n) return [_("A delay costs nothing by these terms."), ...later];
  const after = (days) => money(owedAfter(days, commercial), currency);
  const values = {
    time: moment(promisedAt + grace), liable: who(liable), beneficiary: who(beneficiary), one: after(1), three: after(3), most: money(penaltyCap, currency),
  };
  return [
    _("Delivered after {time}, {liable} owes {beneficiary} {one} for one day, {three} for three days, and {most} at most.", values),
    ...later,
  ];
}
