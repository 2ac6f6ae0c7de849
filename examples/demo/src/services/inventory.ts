/**
 * Inventory: takes an order's goods out of stock in PostgreSQL, in one statement, once per order however often it is asked.
 *
 * Arguments: the database's connection string.
 */
import pg from 'pg';
import { liveAndDieWithParent, reportToParent } from './child.ts';
import { type Reply, serveJson } from './http.ts';

const products = 200;

const pool = new pg.Pool({ connectionString: process.argv[2], max: 8 });
pool.on('error', () => {}); // an idle connection broke; the pool opens another when one is needed

await pool.query(`
  DROP TABLE IF EXISTS reservation, stock;
  CREATE TABLE stock (sku integer PRIMARY KEY, available integer NOT NULL CHECK (available >= 0));
  CREATE TABLE reservation (order_id uuid PRIMARY KEY, sku integer NOT NULL REFERENCES stock, quantity integer NOT NULL);
  INSERT INTO stock SELECT sku, 1000000 FROM generate_series(1, ${products}) AS sku;
`);

const reserveSql = `
  WITH fresh AS (
    INSERT INTO reservation (order_id, sku, quantity) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING sku, quantity
  )
  UPDATE stock SET available = available - fresh.quantity FROM fresh WHERE stock.sku = fresh.sku`;

async function reserve(body: unknown): Promise<Reply> {
  const { orderId, sku, quantity } = body as { orderId: string; sku: number; quantity: number };
  await pool.query({ name: 'reserve', text: reserveSql, values: [orderId, sku, quantity] });
  return { status: 200, body: { reserved: orderId } };
}

async function stock(): Promise<Reply> {
  const { rows } = await pool.query('SELECT count(*)::int AS orders, coalesce(sum(quantity), 0)::int AS pieces FROM reservation');
  return { status: 200, body: { reserved: rows[0] } };
}

const { url } = await serveJson({ 'POST /reservations': reserve, 'GET /reservations': stock });
liveAndDieWithParent();
reportToParent(url);
