/** The control plane's certificate authority: serving and client certificates, and the key that signs ServiceAccount tokens. */
import { X509CertificateGenerator } from "@peculiar/x509";
import * as x509 from "@peculiar/x509";

export interface KeyPair {
  /** PEM. */
  readonly certificate: string;
  /** PEM, PKCS #8. */
  readonly key: string;
}

/** Who a client certificate speaks for: Kubernetes reads the common name and the organisations. */
export interface User {
  readonly name: string;
  readonly groups: readonly string[];
}

const EC: EcKeyGenParams & EcdsaParams = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const RSA: RsaHashedKeyGenParams = {
  name: "RSASSA-PKCS1-v1_5",
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
  hash: "SHA-256",
};
const HOUR_MS = 3_600_000;

export class CertificateAuthority {
  readonly #root: x509.X509Certificate;
  readonly #keys: CryptoKeyPair;

  private constructor(root: x509.X509Certificate, keys: CryptoKeyPair) {
    this.#root = root;
    this.#keys = keys;
  }
}
