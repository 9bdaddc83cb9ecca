/** The part of libsodium that Synod calls; the package carries no types of its own. Wrong lengths throw. */
declare module 'sodium-native' {
  interface Sodium {
    readonly crypto_sign_PUBLICKEYBYTES: 32
    readonly crypto_sign_SECRETKEYBYTES: 64
    readonly crypto_sign_BYTES: 64
    crypto_sign_seed_keypair(publicKey: Uint8Array, secretKey: Uint8Array, seed: Uint8Array): void
    crypto_sign_detached(signature: Uint8Array, message: Uint8Array, secretKey: Uint8Array): void
    crypto_sign_verify_detached(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean

    readonly crypto_pwhash_ALG_ARGON2ID13: number
    readonly crypto_pwhash_SALTBYTES: 16
    crypto_pwhash(
      key: Uint8Array,
      passphrase: Uint8Array,
      salt: Uint8Array,
      operations: number,
      memoryBytes: number,
      algorithm: number,
    ): void

    readonly crypto_aead_xchacha20poly1305_ietf_ABYTES: 16
    readonly crypto_aead_xchacha20poly1305_ietf_KEYBYTES: 32
    readonly crypto_aead_xchacha20poly1305_ietf_NPUBBYTES: 24
    crypto_aead_xchacha20poly1305_ietf_encrypt(
      ciphertext: Uint8Array,
      plaintext: Uint8Array,
      associated: Uint8Array | null,
      secretNonce: null,
      nonce: Uint8Array,
      key: Uint8Array,
    ): number
    /** Throws when the tag does not fit. */
    crypto_aead_xchacha20poly1305_ietf_decrypt(
      plaintext: Uint8Array,
      secretNonce: null,
      ciphertext: Uint8Array,
      associated: Uint8Array | null,
      nonce: Uint8Array,
      key: Uint8Array,
    ): number

    sodium_memzero(bytes: Uint8Array): void
  }
  const sodium: Sodium
  export = sodium
}
