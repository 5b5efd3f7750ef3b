import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { Member } from '../../src/gen/raftctl/v1/member.js';

/** A wire that can be made to fall silent: connections stay open and nothing comes through, as with a frozen peer. */
export class Wire {
  private readonly sockets = new Set<Socket>();
  private frozen = false;
  private readonly server: Server;

  private constructor(private readonly targetPort: number) {
    this.server = createServer((near) => {
      const far = connect(this.targetPort, '127.0.0.1');
      this.carry(near, far);
      this.carry(far, near);
    });
  }

  static async to(targetPort: number): Promise<Wire> {
    const wire = new Wire(targetPort);
    await new Promise<void>((resolve) => wire.server.listen(0, '127.0.0.1', resolve));
    return wire;
  }

  /** The member, to be reached through this wire. */
  inFrontOf(member: Member): Member {
    return { ...member, address: `127.0.0.1:${(this.server.address() as AddressInfo).port}` };
  }

  freeze(): void {
    this.frozen = true;
    for (const socket of this.sockets) socket.pause();
  }

  thaw(): void {
    this.frozen = false;
    for (const socket of this.sockets) socket.resume();
  }

  close(): void {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }

  private carry(from: Socket, to: Socket): void {
    this.sockets.add(from);
    from.on('data', (bytes) => to.write(bytes));
    from.on('error', () => to.destroy());
    from.on('close', () => {
      this.sockets.delete(from);
      to.destroy();
    });
    if (this.frozen) from.pause();
  }
}
