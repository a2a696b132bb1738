// Amounts, times, durations and numbers as people write them, in UTC. Twin of ledger/explain/units.py.
import { gettext as _, ngettext } from "../gettext.js";
import { DIGITS } from "./fields.js";

export const WITHOUT_LIMIT = 2 ** 40 - 1;
const LAST_SECOND = 253402300799; // of the year 9999: no calendar shows later ones
const DAY = 86400;

const two = (number) => String(number).padStart(2, "0");

// 1234567 as 1,234,567; of a number or a decimal string.
export const grouped = (number) => BigInt(number).toString().replace(/\B(?=(\d{3})+$)/g, ",");

// Minor units as people write them: 12345 EUR is 123.45 EUR.
export function money(amount, currency) {
  if (!currency) return _("{amount} (minor units)", { amount: grouped(amount) });
  const digits = DIGITS[currency] ?? 2;
  const text = BigInt(amount).toString().padStart(digits + 1, "0");
  const [whole, rest] = [text.slice(0, text.length - digits), text.slice(text.length - digits)];
  return `${grouped(whole)}${digits ? `.${rest}` : ""} ${currency}`;
}

// UTC, to the second.
export function moment(seconds) {
  if (seconds === WITHOUT_LIMIT) return _("without limit");
  if (seconds > LAST_SECOND) return _("second {seconds}", { seconds: String(seconds) });
  return `${new Date(seconds * 1000).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

// Such as 3 d 04:05:06.
export function duration(seconds) {
  if (seconds === WITHOUT_LIMIT) return _("without limit");
  const [days, rest] = [Math.floor(seconds / DAY), seconds % DAY];
  const clock = `${two(Math.floor(rest / 3600))}:${two(Math.floor((rest % 3600) / 60))}:${two(rest % 60)}`;
  return days ? _("{days} d {clock}", { days: grouped(days), clock }) : clock;
}

export const packages = (count) => ngettext("{count} package", "{count} packages", count);
