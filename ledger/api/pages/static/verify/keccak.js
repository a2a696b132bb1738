// Keccak-256 as Ethereum has it (FIPS 202 with another padding). Lanes of 64 bits are kept as two halves of 32, since a
// registry's history takes tens of thousands of permutations.

const RATE = 136;
const ROUNDS = []; // round constants as [high, low]
const OFFSETS = [];
{
  let state = 1; // the round constants come from a linear feedback shift register
  for (let round = 0; round < 24; round++) {
    const constant = [0, 0];
    for (let j = 0; j < 7; j++) {
      const bit = (1 << j) - 1;
      if (state & 1) constant[bit < 32 ? 1 : 0] |= 1 << bit % 32;
      state = (state << 1) ^ (state & 0x80 ? 0x171 : 0);
    }
    ROUNDS.push(constant);
  }
  let [x, y] = [1, 0];
  for (let t = 0; t < 24; t++) {
    OFFSETS[x + 5 * y] = (((t + 1) * (t + 2)) / 2) % 64;
    [x, y] = [y, (2 * x + 3 * y) % 5];
  }
  OFFSETS[0] = 0;
}
const TARGETS = Array.from({ length: 25 }, (_, i) => Math.floor(i / 5) + 5 * ((2 * (i % 5) + 3 * Math.floor(i / 5)) % 5));

// The high half of a lane rotated left; of its halves exchanged, the low one.
function rotated(high, low, by) {
  if (by >= 32) return rotated(low, high, by - 32);
  return by === 0 ? high : (high << by) | (low >>> (32 - by));
}

const [columnHigh, columnLow] = [new Int32Array(5), new Int32Array(5)];
const [movedHigh, movedLow] = [new Int32Array(25), new Int32Array(25)];

function permute(high, low) {
  for (const [constantHigh, constantLow] of ROUNDS) {
    for (let x = 0; x < 5; x++) {
      columnHigh[x] = high[x] ^ high[x + 5] ^ high[x + 10] ^ high[x + 15] ^ high[x + 20];
      columnLow[x] = low[x] ^ low[x + 5] ^ low[x + 10] ^ low[x + 15] ^ low[x + 20];
    }
    for (let i = 0; i < 25; i++) {
      const [left, right] = [(i + 4) % 5, (i + 1) % 5];
      const h = high[i] ^ columnHigh[left] ^ rotated(columnHigh[right], columnLow[right], 1);
      const l = low[i] ^ columnLow[left] ^ rotated(columnLow[right], columnHigh[right], 1);
      movedHigh[TARGETS[i]] = rotated(h, l, OFFSETS[i]);
      movedLow[TARGETS[i]] = rotated(l, h, OFFSETS[i]);
    }
    for (let i = 0; i < 25; i++) {
      const row = i - (i % 5);
      const [one, two] = [row + ((i + 1) % 5), row + ((i + 2) % 5)];
      high[i] = movedHigh[i] ^ (~movedHigh[one] & movedHigh[two]);
      low[i] = movedLow[i] ^ (~movedLow[one] & movedLow[two]);
    }
    high[0] ^= constantHigh;
    low[0] ^= constantLow;
  }
}

export function keccak256(bytes) {
  const padded = new Uint8Array(Math.ceil((bytes.length + 1) / RATE) * RATE);
  padded.set(bytes);
  padded[bytes.length] ^= 0x01;
  padded[padded.length - 1] ^= 0x80;
  const [high, low] = [new Int32Array(25), new Int32Array(25)];
  const view = new DataView(padded.buffer);
  for (let block = 0; block < padded.length; block += RATE) {
    for (let i = 0; i < RATE / 8; i++) {
      low[i] ^= view.getInt32(block + 8 * i, true);
      high[i] ^= view.getInt32(block + 8 * i + 4, true);
    }
    permute(high, low);
  }
  const out = new DataView(new ArrayBuffer(32));
  for (let i = 0; i < 4; i++) {
    out.setInt32(8 * i, low[i], true);
    out.setInt32(8 * i + 4, high[i], true);
  }
  return new Uint8Array(out.buffer);
}
