// Keys of this device, wrapped, in this browser's own database (IndexedDB). No entry holds a key in plain text.

const NAME = "lading-devices";
const STORE = "keys";

function opened() {
  return answered(() => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "address" });
    return request;
  });
}

function answered(ask) {
  return new Promise((resolve, reject) => {
    const request = ask();
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error("blocked by another tab"));
  });
}

async function inStore(mode, act) {
  const database = await opened();
  try {
    const transaction = database.transaction(STORE, mode);
    const done = new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = transaction.onerror = () => reject(transaction.error);
    });
    const result = await answered(() => act(transaction.objectStore(STORE)));
    await done; // kept only now: a crash before leaves what was there
    return result;
  } finally {
    database.close();
  }
}

// All entries, the newest first; none in a browser that keeps nothing, as in a private window of some.
export async function entries() {
  const all = await inStore("readonly", (store) => store.getAll()).catch(() => []);
  return all.sort((one, other) => other.created - one.created);
}

export const keep = (entry) => inStore("readwrite", (store) => store.put(entry));
export const forget = (address) => inStore("readwrite", (store) => store.delete(address));
