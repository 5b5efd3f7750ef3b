/** The certificate that a node shows, and what it knows of certificates. */
export interface NodeCertificate {
  /** Subject alternative names, as in `DNS:n4.example`, `IP Address:10.0.0.4`. */
  readonly names: readonly string[];
  /** When it ends, milliseconds since 1970-01-01 UTC. */
  readonly endsMs: number;
  /** Why TLS refuses a node with these names that is dialled at this address, HOST:PORT; undefined where it does not. */
  mismatch(address: string, names: readonly string[]): string | undefined;
}
