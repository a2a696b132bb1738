// What has become of a handoff that was handed in: in the log is what the log promised with its signature for this very record,
// and not what somebody answered on the way.
import { checkReceiptSigned, logOf, readReceipt, recordOf } from "../bundles/receipts.js";
import { gettext as _ } from "../gettext.js";
import { Unable } from "../verify/refusals.js";
import { envelopeOf } from "./exchange.js";

// {state, answer}: `accepted`, `refused`, or `open` where it is to be handed in again. `response`: {ok, status}, `body` its JSON.
export async function became(entry, { ok, status }, body, trust) {
  if (!ok && typeof body.detail === "string") return { state: "refused", answer: body.detail };
  if (!ok) return { state: "open", answer: _("It was not the service that answered ({status}): it is handed in again.", { status: String(status) }) };
  if (body.status === "proposed") return { state: "open", answer: _("The service keeps it until the record has come that it is about.") };
  const held = await promised(entry, body.receipt, trust);
  if (held === false) return { state: "open", answer: _("The answer has no receipt of the log that holds for this handoff: it is handed in again.") };
  const waits = body.waitsFor?.length ? [_("It waits for a record that comes before.")] : [];
  return { state: "accepted", answer: [held ? _("The log has it.") : _("The service says that the log has it: its receipt is not checked here."), ...waits].join(" ") };
}

// Whether a log of the trust file signed that it has this record with these signatures; null where that cannot be checked here.
async function promised(entry, receipt, trust) {
  try {
    const read = readReceipt({ receipt, record: envelopeOf(entry) });
    await recordOf(read.record, read.receipt, trust, []);
    await checkReceiptSigned(read.receipt, await logOf(read.receipt, trust));
    return true;
  } catch (error) {
    return error instanceof Unable ? null : false;
  }
}
