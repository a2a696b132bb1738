// Runs the pages' own modules on the cases that arrive as JSON on standard input, and prints what they answer.
import { describe, textOf } from "../../../../ledger/api/pages/static/signing/describe.js";
import { toHex } from "../../../../ledger/api/pages/static/verify/bytes.js";
import { recordId, typedData } from "../../../../ledger/api/pages/static/verify/typed.js";

const flat = ({ label, kind, lines, ...rest }) =>
  kind === "group" ? [label, lines.map(flat)] : [label, kind, textOf({ kind, ...rest })];

const tasks = {
  describe: ({ record }) => describe(record).map(flat),
  typed: ({ record, trust }) => ({ id: toHex(recordId(record, trust)), payload: typedData(record, trust) }),
};

let text = "";
for await (const chunk of process.stdin) text += chunk;
const answers = [];
for (const { task, ...given } of JSON.parse(text)) {
  try {
    answers.push(await tasks[task](given));
  } catch (error) {
    answers.push(`refused: ${error.message}`);
  }
}
console.log(JSON.stringify(answers));
