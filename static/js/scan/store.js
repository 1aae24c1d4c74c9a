// Scans in IndexedDB: they survive a reload and an empty battery. One number series per device, shared by its tabs.
const NAME = "scan";

function open() {
  return new Promise((done, fail) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("queue", { keyPath: "sequence" });
      request.result.createObjectStore("facts");
    };
    request.onsuccess = () => done(request.result);
    request.onerror = () => fail(request.error);
  });
}

const settled = (request) => new Promise((done, fail) => {
  request.onsuccess = () => done(request.result);
  request.onerror = () => fail(request.error);
});

const follows = (one, row) => one.station === row.station && one.task === row.task;

const someName = () => `d${[...crypto.getRandomValues(new Uint8Array(8))].map((byte) => (byte % 36).toString(36)).join("")}`;

export async function openStore() {
  const base = await open();
  const within = (mode, work) => work(base.transaction(["queue", "facts"], mode));
  return {
    // Gives the scan the next number of this device, in one transaction.
    append: (facts) => within("readwrite", async (change) => {
      const kept = change.objectStore("facts");
      const device = (await settled(kept.get("device"))) ?? someName();
      const sequence = ((await settled(kept.get("last"))) ?? Date.now() * 100) + 1;
      kept.put(device, "device");
      kept.put(sequence, "last");
      const row = { ...facts, device, sequence };
      await settled(change.objectStore("queue").put(row));
      return row;
    }),
    first: () => within("readonly", (change) => settled(change.objectStore("queue").getAll(null, 1))).then((rows) => rows[0]),
    all: () => within("readonly", (change) => settled(change.objectStore("queue").getAll())),
    // Takes an answered scan away; what was scanned after it, before its answer, is for the work the answer names.
    remove: (row, work = row.task) => within("readwrite", async (change) => {
      const kept = change.objectStore("queue");
      await settled(kept.delete(row.sequence));
      for (const one of (await settled(kept.getAll())).filter((other) => follows(other, row))) kept.put({ ...one, task: work });
    }),
  };
}

// Where IndexedDB is refused (private windows) scans live as long as the page.
export function memoryStore() {
  const rows = [];
  const device = someName();
  let last = Date.now() * 100;
  return {
    append: async (facts) => { last += 1; const row = { ...facts, device, sequence: last }; rows.push(row); return row; },
    first: async () => rows[0],
    all: async () => [...rows],
    remove: async (row, work = row.task) => {
      rows.splice(rows.findIndex((one) => one.sequence === row.sequence), 1);
      for (const one of rows.filter((other) => follows(other, row))) one.task = work;
    },
  };
}
