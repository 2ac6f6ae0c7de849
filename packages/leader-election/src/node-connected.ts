import type { ClientRequest } from 'node:http';

/** @returns whether there has been a connection to write a request on: for TLS, one whose handshake is done. */
export function watchConnection(outgoing: ClientRequest): () => boolean {
  let connected = false;
  outgoing.on('socket', (socket) => {
    if (outgoing.reusedSocket || !socket.connecting) connected = true;
    else socket.once('encrypted' in socket ? 'secureConnect' : 'connect', () => (connected = true));
  });
  return () => connected;
}
