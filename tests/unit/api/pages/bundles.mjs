// Checks what arrives as JSON on standard input with the verify page's own modules: files as somebody drops them, and which
// records bear on a subject. Prints the answers.
import { bearsOn } from "../../../../ledger/api/pages/static/bundles/bearing.js";
import { parseSubject } from "../../../../ledger/api/pages/static/bundles/subject.js";
import { parseTrust } from "../../../../ledger/api/pages/static/bundles/trust_file.js";
import { checksOf, kindOf } from "../../../../ledger/api/pages/static/explorer/files.js";
import { inWords } from "../../../../ledger/api/pages/static/language.js";

async function checked({ files, trust }) {
  const read = await parseTrust(trust);
  const found = checksOf(files.map(({ name, text }) => ({ name, text, kind: kindOf(text) })));
  const results = [];
  for (const { name, kind, check } of found) {
    const steps = await check(read, () => {}, () => {});
    results.push({ name, kind, steps: steps.map((step) => ({ ...step, words: inWords(step.words) })) });
  }
  return results;
}

async function bearing({ subject, records, candidates, traced = [] }) {
  const held = new Map(records.map((record) => [record.id, record]));
  const answers = [];
  for (const candidate of candidates) answers.push(await bearsOn({ ...parseSubject(subject), traced }, candidate, candidate.index, held));
  return answers;
}

let text = "";
for await (const chunk of process.stdin) text += chunk;
const answers = [];
for (const given of JSON.parse(text)) {
  try {
    answers.push(await (given.subject === undefined ? checked(given) : bearing(given)));
  } catch (error) {
    if (error.words === undefined) throw error;
    answers.push(`refused: ${inWords(error.words)}`);
  }
}
console.log(JSON.stringify(answers));
