// The digits as Python packs them (snnviz/live/playground.py): what Trainer takes, and a worker by message.

import { unpack } from "../scope/kernels.js";

// { packed, train, count } -> { images: Uint8Array [count, 64] of grey values 0 ... 16, labels: Uint8Array [count], train }
export async function unpackDigits({ packed, train, count }) {
  const bytes = new Uint8Array(await unpack(packed));
  return { images: bytes.subarray(0, 64 * count), labels: bytes.subarray(64 * count, 65 * count), train };
}
