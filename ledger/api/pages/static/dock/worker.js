// The service worker of the dock: keeps its page and scripts, one version at a time, and answers for nothing else. Answers of
// the service are never kept here. The service puts two lines before these: VERSION, and FILES, the paths that are kept.
/* global VERSION, FILES */
const PAGE = "/dock";
const PREFIX = "lading-dock ";
const CACHE = PREFIX + VERSION;
const PATIENCE = 3000; // milliseconds for a network that is slow, before the page that is kept is shown

self.addEventListener("install", (event) => event.waitUntil(fill()));
self.addEventListener("activate", (event) => event.waitUntil(takeOver()));
self.addEventListener("message", ({ data }) => data === "take over" && self.skipWaiting());
self.addEventListener("fetch", (event) => {
  const { method, mode, url } = event.request;
  const { origin, pathname } = new URL(url);
  if (method !== "GET" || origin !== self.location.origin) return;
  if (mode === "navigate" && pathname === PAGE) event.respondWith(page(event.request));
  else if (FILES.includes(pathname)) event.respondWith(file(event.request, pathname));
});

// All of them or none: half a version would be none.
async function fill() {
  const cache = await caches.open(CACHE);
  await cache.addAll([PAGE, ...FILES].map((path) => new Request(path, { cache: "reload" })));
}

async function takeOver() {
  const others = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(others.map((name) => caches.delete(name)));
  await self.clients.claim();
}

// The page of this version: from the network, in the language that is chosen now, else as it was shown last. A page of another
// version would ask for other scripts than those that are kept: it is shown once its own worker has taken over.
async function page(request) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(PAGE);
  const answer = await Promise.race([fetch(request).catch(() => null), new Promise((resolve) => setTimeout(resolve, PATIENCE, null))]);
  if (answer?.ok && answer.headers.get("Lading-Dock") === VERSION) {
    await cache.put(PAGE, answer.clone());
    return answer;
  }
  return kept ?? answer ?? Response.error();
}

async function file(request, pathname) {
  return (await (await caches.open(CACHE)).match(pathname)) ?? fetch(request);
}
