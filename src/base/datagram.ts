/** Datagrams as a port, for DNS. */

export interface DatagramPeer {
  readonly address: string;
  readonly port: number;
}

export interface DatagramSocket extends AsyncDisposable {
  readonly port: number;
  /** Resolves when the system took it; nobody knows whether it arrives. */
  readonly send: (message: Uint8Array, to: DatagramPeer) => Promise<void>;
}

export interface DatagramOptions {
  readonly address: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly received: (message: Uint8Array, from: DatagramPeer) => void;
}

export type BindDatagrams = (options: DatagramOptions) => Promise<DatagramSocket>;
