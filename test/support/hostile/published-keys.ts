/** Keys that are printed in standards, test vectors and documentation: everybody has them, so nobody may be let in by one. */
const hex = (text: string) => Buffer.from(text, "hex");
const base64 = (text: string) => Buffer.from(text, "base64");

/** At least 32 bytes each. */
export const PUBLISHED_KEYS: Record<string, Buffer> = {
  "FIPS 197, C.3": hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"),
  "SP 800-38A, F.1.5": hex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"),
  "GCM, test case 13": Buffer.alloc(32),
  "GCM, test case 15": hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"),
  "RFC 8439, 2.3.2": hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"),
  "RFC 8439, 2.8.2": hex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"),
  "RFC 7515, A.1": base64("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ+EstJQLr/T+1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow=="),
  "RFC 7520, 3.5": base64("hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG+Onbc6mxCcYg="),
  "RFC 7520, 3.6": base64("AAPapAv4LbFbiVawEjagUBluYqN5rhna+8nuldDvOx8="),
  "RFC 8032, test 1": hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"),
  "RFC 8032, test 2": hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"),
  "RFC 8032, test 3": hex("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7"),
  "RFC 8032, test 1024": hex("f5e5767cf153319517630f226876b86c8160cc583bc013744c6bf255f5cc0ee5"),
  "RFC 8032, test SHA(abc)": hex("833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42"),
  "Wycheproof, AES-GCM 256": hex("92ace3e348cd821092cd921aa3546374299ab46209691bc28b8752d17f123c20"),
  "a development chain's first account": hex("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"),
};

/** Of 24 bytes: the webhook secrets of specification and manuals, and of our own examples. */
export const PUBLISHED_WEBHOOK_SECRETS = [
  "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
  "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
  "whsec_c2VjcmV0LWZvci10aGUtZXhhbXBsZS1vbmx5",
];

/** Nothing anybody would call random. */
export const WEAK_KEYS: Record<string, Buffer> = {
  "one byte": Buffer.alloc(32, 0x61),
  "all ones": Buffer.alloc(32, 0xff),
  descending: Buffer.from(Array.from({ length: 32 }, (_, at) => 255 - at)),
  "in steps of seven": Buffer.from(Array.from({ length: 32 }, (_, at) => (at * 7) % 256)),
  "a sentence": Buffer.from("correct horse battery staple ABC"),
  "a password": Buffer.from("changeme-changeme-changeme-12345"),
  "hexadecimal text": Buffer.from("0f1e2d3c4b5a69788796a5b4c3d2e1f0"),
  "base64 text": Buffer.from("c2VjcmV0LXNlY3JldC1zZWNyZXQtMTIz"),
  "sixteen bytes twice": Buffer.concat([
    hex("0f1e2d3c4b5a69788796a5b4c3d2e1f0"),
    hex("0f1e2d3c4b5a69788796a5b4c3d2e1f0"),
  ]),
  "sixteen bytes": hex("8f1e2d3c4b5a69788796a5b4c3d2e1f1"),
  empty: Buffer.alloc(0),
};
