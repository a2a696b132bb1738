// A product's page: fetches the records behind the service's answer, recomputes the verdict from them, and lets only that
// stand. Until then, and without scripts, the page says that it is the service's word.
import { verifyBundle } from "./verify/bundle.js";
import { parseProduct, pathOfAddress } from "./verify/gs1.js";
import { compareWithMemory, compareWithPublished } from "./memory.js";
import { checkGoods, showGoods } from "./goods.js";
import { inWords } from "./language.js";
import { moment, msg } from "./verify/messages.js";
import { Refused, Unable } from "./verify/refusals.js";
import { Report, json, proofBetween, text } from "./report.js";
import { give, trusted } from "./trust.js";
import { DECIDING, judge } from "./verify/verdict.js";
import { HEADS, sentence, toDo } from "./words.js";

// What only the service can say: warnings from looks and custody, and that lots below this code are attested.
const WARNINGS = new Set(["one-time code seen before", "off the market"]);
const ASKING = "only lots or items are attested";
const DAY = 86400;
const OLD_DAYS = 7; // a quiet log looks like one that somebody froze
const goods = document.querySelector(".goods");
const banner = document.querySelector(".verdict");
const advice = document.querySelector(".todo");
const section = document.querySelector(".check");

// Recompute the verdict; {verdict, reasons, evidence}. Throws Refused or Unable.
async function check(report) {
  const path = pathOfAddress(location.pathname);
  if (path === null || path !== banner.dataset.code) {
    throw new Refused("subject", msg("This page is about another code than its address."));
  }
  showProduct(parseProduct(path));
  const say = (step, words, held) => report.say(step, words, held);
  if (!globalThis.crypto?.subtle) {
    throw new Unable("browser", msg("This browser can check only pages that come over an encrypted connection (https)."));
  }
  const { trust, keep } = await trusted((await json("/v1/consortium")).trust, say);
  const newest = await text("/v1/log/checkpoint"); // before the bundle, which so cannot be older
  const evidence = await verifyBundle(await text(`/v1/products/bundle/${path}`), path, trust, say);
  const log = trust.logs.find(({ origin }) => origin === evidence.checkpoint.origin);
  const remember = await compareWithMemory(evidence.checkpoint, log, proofBetween, say);
  await compareWithPublished(evidence.checkpoint, newest, log, proofBetween, say);
  const time = Math.max(Math.floor(Date.now() / 1000), evidence.latest);
  const verdict = await judge(path, evidence, time);
  const shown = await checkGoods(verdict.data, parseProduct(path).gtin, say);
  keep();
  remember();
  return { ...verdict, evidence, shown };
}

// What the service says, by the reasons on its page: the verdict that records give, and what it adds on its own word.
function said() {
  const codes = new Set([...document.querySelectorAll("[data-code-of-reason]")].map((line) => line.dataset.codeOfReason));
  const [, verdict] = [...DECIDING].find(([code]) => codes.has(code)) ?? ["", "unknown"];
  return { verdict, warns: [...codes].some((code) => WARNINGS.has(code)), asks: codes.has(ASKING) };
}

// What was scanned, as the address says it.
function showProduct(product) {
  for (const line of document.querySelectorAll("[data-part]")) line.textContent = product[line.dataset.part];
}

function show(head, act) {
  const [title, mark, meaning, doing] = HEADS[head];
  banner.className = `verdict ${head}`;
  banner.dataset.checked = head;
  banner.querySelector(".mark").textContent = mark;
  banner.querySelector("h1").textContent = inWords(title);
  banner.querySelector(".meaning").textContent = inWords(meaning);
  advice.className = `todo ${head}`;
  advice.querySelector("p").textContent = (act ?? [doing]).map(inWords).join(" ");
  if (head === "refused") advice.querySelector("form")?.remove();
  document.title = `${inWords(title)} · Lading`;
}

function showVerdict({ verdict, reasons, evidence, shown }, report) {
  showGoods(goods, shown);
  const name = (partner) => evidence.names.get(partner) ?? msg("partner {number}", { number: String(partner) });
  for (const reason of reasons) report.say("verdict", sentence(reason, name));
  if (reasons.length === 0) report.say("verdict", msg("No attestation and no recall of this product is in the log."));
  report.say("elsewhere", msg("Who else looked at this code, and which way the goods took, is the service's word: not checked here."), null);
  const service = said();
  const recall = reasons.find(({ code }) => code === "recall");
  let head = verdict;
  if (service.warns && ["authentic", "incomplete"].includes(verdict)) head = "careful";
  if (service.asks && ["revoked", "expired", "unknown"].includes(verdict)) {
    report.say("asks", msg("That lots or items under this code are attested is the service's word: name one to have it checked."), null);
    head = "incomplete";
  }
  show(head, recall && toDo(recall));
  if (service.verdict !== verdict) {
    const [theirs, ours] = [HEADS[service.verdict][0], HEADS[verdict][0]];
    report.say("differs", msg("The service says “{theirs}”. The records say “{ours}”, and that stands here.", { theirs, ours }), false);
    banner.classList.add("differs");
  }
  const seen = evidence.cosigned ?? evidence.latest;
  const days = Math.floor((Date.now() / 1000 - seen) / DAY);
  if (days >= OLD_DAYS) {
    report.say("age", msg("The newest state of the log is {days} days old: what was signed since, a recall perhaps, is not in it.", { days }), null);
  }
  report.end("yes", msg("Your browser has checked this itself, in the log as it was on {time}:", { time: moment(seen) }));
}

async function run() {
  const report = new Report(section);
  report.status.textContent = inWords(msg("Your browser is checking this…"));
  try {
    showVerdict(await check(report), report);
  } catch (error) {
    const result = report.fail(error);
    if (result === "no") showGoods(goods, null);
    show(result === "no" ? "refused" : "unchecked");
  }
}

// A scan of a single item is told to the service, so that a code that turns up in many hands is noticed.
async function tellScan() {
  const response = await fetch("/p-scan", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ code: banner.dataset.code }),
  });
  if (response.ok && (await response.json()).verdict !== banner.dataset.verdict) location.reload();
}

const given = section.querySelector("input[type=file]");
given.addEventListener("change", async () => {
  try {
    give(await given.files[0].text());
    await run();
    section.dataset.trust = "given";
  } catch {
    section.querySelector(".file-problem").textContent = inWords(msg("This is no trust file."));
  }
});
await run();
if ("serial" in banner.dataset) tellScan().catch(() => {});
