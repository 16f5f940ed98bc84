/** The control plane's certificate authority, its serving and client certificates, and the key that signs tokens. */
import type { webcrypto } from "node:crypto";
import "reflect-metadata"; // @peculiar/x509 needs it and leaves the import to its users
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  type JsonName,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";

export interface KeyPair {
  /** PEM. */
  readonly certificate: string;
  /** PEM, PKCS #8. */
  readonly key: string;
}

/** Who a client certificate speaks for: Kubernetes takes the common name and the organisations. */
export interface User {
  readonly name: string;
  readonly groups: readonly string[];
}

const EC = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const RSA = {
  name: "RSASSA-PKCS1-v1_5",
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
  hash: "SHA-256",
};

/** Signs what one control plane needs; its own key is never written down. */
export class CertificateAuthority {
  readonly #root: X509Certificate;
  readonly #keys: webcrypto.CryptoKeyPair;

  private constructor(root: X509Certificate, keys: webcrypto.CryptoKeyPair) {
    this.#root = root;
    this.#keys = keys;
  }

  static async create(): Promise<CertificateAuthority> {
    const keys = await crypto.subtle.generateKey(EC, true, ["sign", "verify"]);
    const root = await X509CertificateGenerator.createSelfSigned({
      name: [{ CN: ["pod-identity-sandbox"] }],
      keys,
      extensions: [
        new BasicConstraintsExtension(true, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.digitalSignature, true),
      ],
    });
    return new CertificateAuthority(root, keys);
  }

  /** PEM of the root. */
  get certificate(): string {
    return this.#root.toString("pem");
  }

  /** For a server on this machine's loopback address. */
  issueServing(): Promise<KeyPair> {
    const names = [
      { type: "ip", value: "127.0.0.1" },
      { type: "dns", value: "localhost" },
      { type: "dns", value: "kubernetes.default.svc" },
    ] as const;
    return this.#issue([{ CN: ["kube-apiserver"] }], ExtendedKeyUsage.serverAuth, [
      new SubjectAlternativeNameExtension([...names]),
    ]);
  }

  issueClient({ name, groups }: User): Promise<KeyPair> {
    const subject = [{ CN: [name] }, ...groups.map((group) => ({ O: [group] }))];
    return this.#issue(subject, ExtendedKeyUsage.clientAuth);
  }

  async #issue(
    subject: JsonName,
    usage: ExtendedKeyUsage,
    more: readonly Extension[] = [],
  ): Promise<KeyPair> {
    const keys = await crypto.subtle.generateKey(EC, true, ["sign", "verify"]);
    const certificate = await X509CertificateGenerator.create({
      subject,
      issuer: this.#root.subjectName.toJSON(),
      publicKey: keys.publicKey,
      signingKey: this.#keys.privateKey,
      extensions: [
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension([usage]),
        ...more,
      ],
    });
    return { certificate: certificate.toString("pem"), key: await pemOf(keys.privateKey) };
  }
}

/** PEM of a new key for ServiceAccount tokens: RSA, since EKS signs them with RS256. */
export async function createTokenKey(): Promise<string> {
  const { privateKey } = await crypto.subtle.generateKey(RSA, true, ["sign", "verify"]);
  return pemOf(privateKey);
}

async function pemOf(key: webcrypto.CryptoKey): Promise<string> {
  return PemConverter.encode(await crypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY");
}
