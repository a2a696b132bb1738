// The log's mathematics, recomputed in the reader's own browser: leaves and RFC 9162 proofs.
// Everything here is a function of bytes; whoever wants to know why may read it: no library, nothing minified.
import { bigEndian, concat, isCount, same, sha256 } from "./bytes.js";

export const leafHash = (leaf) => sha256(concat([0], leaf));
const nodeHash = (left, right) => sha256(concat([1], left, right));

// Version 1, type number, record id, SHA-256 of the signatures, log time.
export async function leafOf(typeNumber, recordId, signatures, logTime) {
  return concat([1, typeNumber], recordId, await sha256(concat(...signatures)), bigEndian(logTime, 8));
}

// The root that an inclusion proof leads to (RFC 9162, section 2.1.3.2); throws for a proof of another length.
export async function rootOfInclusion(leaf, index, size, proof) {
  if (!isCount(index) || !isCount(size) || index >= size) throw new Error("no such entry in a tree of this size");
  let fn = BigInt(index);
  let sn = BigInt(size) - 1n;
  let hash = leaf;
  for (const sibling of proof) {
    if (sn === 0n || sibling.length !== 32) throw new Error("the proof is too long");
    if ((fn & 1n) === 1n || fn === sn) {
      hash = await nodeHash(sibling, hash);
      while ((fn & 1n) === 0n && fn !== 0n) {
        fn >>= 1n;
        sn >>= 1n;
      }
    } else {
      hash = await nodeHash(hash, sibling);
    }
    fn >>= 1n;
    sn >>= 1n;
  }
  if (sn !== 0n) throw new Error("the proof is too short");
  return hash;
}

// Whether the tree (size2, root2) continues the tree (size1, root1) (RFC 9162, section 2.1.4.2).
export async function continues(size1, root1, size2, root2, proof) {
  if (size1 > size2) return false;
  if (size1 === size2) return proof.length === 0 && same(root1, root2);
  if (size1 === 0) return proof.length === 0 && same(root1, await sha256(new Uint8Array()));
  const path = [...proof];
  if (path.some((hash) => hash.length !== 32)) return false;
  if ((BigInt(size1) & (BigInt(size1) - 1n)) === 0n) path.unshift(root1);
  if (path.length === 0) return false;
  let fn = BigInt(size1) - 1n;
  let sn = BigInt(size2) - 1n;
  while ((fn & 1n) === 1n) {
    fn >>= 1n;
    sn >>= 1n;
  }
  let first = path[0];
  let second = path[0];
  for (const hash of path.slice(1)) {
    if (sn === 0n) return false;
    if ((fn & 1n) === 1n || fn === sn) {
      first = await nodeHash(hash, first);
      second = await nodeHash(hash, second);
      while ((fn & 1n) === 0n && fn !== 0n) {
        fn >>= 1n;
        sn >>= 1n;
      }
    } else {
      second = await nodeHash(second, hash);
    }
    fn >>= 1n;
    sn >>= 1n;
  }
  return sn === 0n && same(first, root1) && same(second, root2);
}

// The root that the leaves at hand ([index, hash] ascending, each index once) and the hashes of their common proof lead
// to; throws unless the whole proof is used up (docs/bundle.md, "Inclusion").
export async function rootOfSubset(leaves, size, proof) {
  let last = -1;
  for (const [index, hash] of leaves) {
    if (!(last < index && index < size) || hash.length !== 32) throw new Error("no such entry in a tree of this size");
    last = index;
  }
  if (leaves.length === 0 || proof.some((hash) => hash.length !== 32)) throw new Error("nothing to prove");
  let used = 0;
  async function walk(start, stop, low, high) {
    if (low === high) {
      if (used === proof.length) throw new Error("the proof is too short");
      return proof[used++];
    }
    if (stop - start === 1) return leaves[low][1];
    const middle = start + splitPoint(stop - start);
    let part = low;
    while (part < high && leaves[part][0] < middle) part++;
    const left = await walk(start, middle, low, part);
    return nodeHash(left, await walk(middle, stop, part, high));
  }
  const root = await walk(0, size, 0, leaves.length);
  if (used !== proof.length) throw new Error("the proof is too long");
  return root;
}

// The root over byte strings as leaves in ascending order, each once; 32 zero bytes for none.
export async function sortedRoot(items) {
  const ascending = [...items].sort(compare).filter((item, i, all) => i === 0 || compare(all[i - 1], item) !== 0);
  if (ascending.length === 0) return new Uint8Array(32);
  const hashes = await Promise.all(ascending.map(leafHash));
  const over = async (start, stop) => {
    if (stop - start === 1) return hashes[start];
    const middle = start + splitPoint(stop - start);
    return nodeHash(await over(start, middle), await over(middle, stop));
  };
  return over(0, hashes.length);
}

// The largest power of two smaller than `size`: where RFC 9162 parts a tree.
function splitPoint(size) {
  let point = 1;
  while (point * 2 < size) point *= 2;
  return point;
}

function compare(a, b) {
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}
