// Run in a process of its own: node server.ts. Prints its port, answers until it is killed.
import { createServer } from 'node:http';

const BODY = JSON.stringify({ sku: 'A-17', onShelf: 12, warehouse: 'north', updated: '2026-01-01T00:00:00Z' });

const server = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': BODY.length });
  response.end(BODY);
});
server.keepAliveTimeout = 60_000; // longer than any pause between two turns
server.listen(0, '127.0.0.1', () => console.log((server.address() as { port: number }).port));
process.once('disconnect', () => process.exit(0));
