// What this browser keeps for the dock (IndexedDB): what it knows of goods and partners, the handoffs that it has a part in, and
// photos. Keys are kept elsewhere, wrapped (signers/store.js).

const NAME = "lading-dock";
const FACTS = "facts";
const STORES = { kept: { keyPath: "name" }, handoffs: { keyPath: "id" }, photos: { keyPath: "hash" } };

function opened() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => Object.entries(STORES).forEach(([name, options]) => request.result.createObjectStore(name, options));
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

// Runs `act` on the stores in one transaction, and gives what its request gave once all of it is on the disk.
async function inStores(names, mode, act) {
  const database = await opened();
  try {
    const transaction = database.transaction(names, mode, { durability: "strict" });
    const done = new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = transaction.onerror = () => reject(transaction.error);
    });
    const request = act(...names.map((name) => transaction.objectStore(name)));
    await done;
    return request?.result;
  } finally {
    database.close();
  }
}

export const facts = async () => (await inStores(["kept"], "readonly", (kept) => kept.get(FACTS)))?.value ?? null;
export const keepFacts = (value) => inStores(["kept"], "readwrite", (kept) => kept.put({ name: FACTS, value }));
// Forgets what was taken along, and where the last handoff was; what waits to be handed in stays.
export const forgetFacts = () => inStores(["kept"], "readwrite", (kept) => kept.clear());
export const remembered = async (name) => (await inStores(["kept"], "readonly", (kept) => kept.get(name)))?.value ?? null;
export const remember = (name, value) => inStores(["kept"], "readwrite", (kept) => kept.put({ name, value }));

// The handoffs of this device, the oldest first.
export async function handoffs() {
  const all = await inStores(["handoffs"], "readonly", (store) => store.getAll());
  return all.sort((one, other) => one.created - other.created);
}

// Keeps a handoff; with `replaced`, the id of one that it stands for, which is no longer shown to anybody.
export function keepHandoff(entry, replaced = null) {
  return inStores(["handoffs"], "readwrite", (store) => {
    if (replaced !== null && replaced !== entry.id) {
      const before = store.get(replaced);
      before.onsuccess = () => before.result && store.put({ ...before.result, state: "replaced" });
    }
    store.put(entry);
  });
}

export const forgetHandoff = (id) => inStores(["handoffs"], "readwrite", (store) => store.delete(id));
export const keepPhoto = (photo) => inStores(["photos"], "readwrite", (store) => store.put(photo));
export const photo = (hash) => inStores(["photos"], "readonly", (store) => store.get(hash));
