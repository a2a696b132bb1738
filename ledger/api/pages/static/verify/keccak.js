// Keccak-256 as Ethereum has it (FIPS 202 with another padding). Plain on purpose: it is read more often than it is run.

const MASK = (1n << 64n) - 1n;
const ROUNDS = [];
const OFFSETS = [];
{
  let state = 1; // the round constants come from a linear feedback shift register
  for (let round = 0; round < 24; round++) {
    let constant = 0n;
    for (let j = 0; j < 7; j++) {
      if (state & 1) constant |= 1n << BigInt((1 << j) - 1);
      state = (state << 1) ^ (state & 0x80 ? 0x171 : 0);
    }
    ROUNDS.push(constant);
  }
  let [x, y] = [1, 0];
  for (let t = 0; t < 24; t++) {
    OFFSETS[x + 5 * y] = BigInt(((t + 1) * (t + 2)) / 2 % 64);
    [x, y] = [y, (2 * x + 3 * y) % 5];
  }
  OFFSETS[0] = 0n;
}

const rotate = (lane, by) => (by === 0n ? lane : ((lane << by) | (lane >> (64n - by))) & MASK);

function permute(a) {
  for (const constant of ROUNDS) {
    const c = [0, 1, 2, 3, 4].map((x) => a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20]);
    for (let i = 0; i < 25; i++) a[i] ^= c[(i + 4) % 5] ^ rotate(c[(i + 1) % 5], 1n);
    const b = [];
    for (let x = 0; x < 5; x++) {
      for (let y = 0; y < 5; y++) b[y + 5 * ((2 * x + 3 * y) % 5)] = rotate(a[x + 5 * y], OFFSETS[x + 5 * y]);
    }
    for (let i = 0; i < 25; i++) {
      const row = i - (i % 5);
      a[i] = b[i] ^ (~b[row + ((i + 1) % 5)] & MASK & b[row + ((i + 2) % 5)]);
    }
    a[0] ^= constant;
  }
}

export function keccak256(bytes) {
  const rate = 136;
  const padded = new Uint8Array(Math.ceil((bytes.length + 1) / rate) * rate);
  padded.set(bytes);
  padded[bytes.length] ^= 0x01;
  padded[padded.length - 1] ^= 0x80;
  const lanes = Array(25).fill(0n);
  const view = new DataView(padded.buffer);
  for (let block = 0; block < padded.length; block += rate) {
    for (let i = 0; i < rate / 8; i++) lanes[i] ^= view.getBigUint64(block + 8 * i, true);
    permute(lanes);
  }
  const out = new DataView(new ArrayBuffer(32));
  for (let i = 0; i < 4; i++) out.setBigUint64(8 * i, lanes[i], true);
  return new Uint8Array(out.buffer);
}
