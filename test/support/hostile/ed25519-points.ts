/**
 * Points of Ed25519 that are nobody's key. The points of small order and their other spellings are those that libsodium refuses
 * (`ge25519_has_small_order`), with either sign.
 */
const Y_OF_SMALL_ORDER = [
  "0000000000000000000000000000000000000000000000000000000000000000", // order 4
  "0100000000000000000000000000000000000000000000000000000000000000", // the identity
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", // order 8
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", // order 8
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // order 2
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // 0 as p
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // 1 as p + 1
];

const signed = (hex: string): string => hex.slice(0, 62) + (Number.parseInt(hex.slice(62), 16) | 0x80).toString(16);

export const SMALL_ORDER: readonly string[] = Y_OF_SMALL_ORDER.flatMap((hex) => [hex, signed(hex)]);

/** An honest key plus a point of order 8, 2 and 4. */
export const MIXED_ORDER: readonly string[] = [
  "a586b4bb01f120f805536b824df44866497cf68c9c1bcf161ec3df7bc6c11244",
  "f02e82f44a9d89f324e31f756c8aca3fb759d1be40d2e0a14d488fe5871ecb83",
  "9997f3e3d3797e25368377bf5e036aeadf3c4c05ec8dc8de7037131a874bce3b",
];
