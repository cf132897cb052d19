// What the shop keeps in PostgreSQL. The API makes the tables and puts the first products on the shelf.
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';

const schema = `
  CREATE TABLE IF NOT EXISTS products (
    id text PRIMARY KEY,
    name text NOT NULL,
    origin text NOT NULL,
    description text NOT NULL,
    colour text NOT NULL,
    position integer NOT NULL
  );
  CREATE TABLE IF NOT EXISTS orders (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    product_id text NOT NULL REFERENCES products (id),
    quantity integer NOT NULL CHECK (quantity BETWEEN 1 AND 99),
    cents integer NOT NULL CHECK (cents > 0),
    placed_at timestamptz NOT NULL,
    accepted_at timestamptz NOT NULL DEFAULT now()
  );`;

const firstProducts = [
  ['sencha', 'Sencha', 'Shizuoka, Japan', 'Steamed spring leaf. Fresh grass, a little sea, a sweet end.', '#6f9a5b'],
  ['gyokuro', 'Gyokuro', 'Uji, Japan', 'Three weeks in the shade before the harvest. Dense, soft, long.', '#2f6b4f'],
  ['genmaicha', 'Genmaicha', 'Kagoshima, Japan', 'Green leaf and roasted rice. Smells of warm popcorn.', '#b49a4a'],
  ['hojicha', 'Hojicha', 'Kyoto, Japan', 'Roasted over charcoal. Caramel and wood, hardly any caffeine.', '#8a5a3c'],
  ['oolong', 'Dong Ding Oolong', 'Nantou, Taiwan', 'Rolled by hand, half oxidised. Orchid first, then butter.', '#3f7d7a'],
  ['darjeeling', 'Darjeeling First Flush', 'West Bengal, India', 'Picked in March. Light as white wine, with muscat.', '#c08a3e'],
  ['assam', 'Assam', 'Brahmaputra, India', 'Malt, honey and strength. Takes milk without a word.', '#9c3d2e'],
  ['rooibos', 'Rooibos', 'Cederberg, South Africa', 'No tea at all, but red, round and good at night.', '#b5532d'],
];

/** @param {string} url postgres://user:password@host:port/database */
export function connect(url) {
  if (!url) throw new Error('DATABASE_URL is not set.');
  const pool = new pg.Pool({ connectionString: url, max: 10, connectionTimeoutMillis: 5000 });
  pool.on('error', error => console.error(`database: ${error.message}`));

  return {
    /** Makes tables and first products; waits for a database that is still starting. */
    async prepare() {
      for (let attempt = 1; ; attempt++) {
        try {
          return await createSchema(pool);
        } catch (error) {
          console.log(`waiting for the database: ${error.message}`);
          await wait(Math.min(attempt * 250, 3000));
        }
      }
    },

    ping: () => pool.query('SELECT 1'),

    async products() {
      const { rows } = await pool.query('SELECT id, name, origin, description, colour FROM products ORDER BY position');
      return rows;
    },

    async product(id) {
      const { rows } = await pool.query('SELECT id FROM products WHERE id = $1', [id]);
      return rows[0];
    },

    /** The newest fifty. */
    async orders() {
      const { rows } = await pool.query(`
        SELECT o.number::int, o.id, p.name AS product, p.colour, o.quantity, o.cents, o.placed_at AS "placedAt", o.accepted_at AS "acceptedAt"
        FROM orders o JOIN products p ON p.id = o.product_id
        ORDER BY o.number DESC LIMIT 50`);
      return rows;
    },

    close: () => pool.end(),
  };
}

async function createSchema(pool) {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    // Two replicas may start at once: one makes the tables, the other waits here and finds them.
    await client.query("SELECT pg_advisory_xact_lock(hashtext('shop schema'))");
    await client.query(schema);
    for (const [position, product] of firstProducts.entries()) {
      await client.query(
        'INSERT INTO products (id, name, origin, description, colour, position) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING',
        [...product, position]);
    }
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  } finally {
    client.release();
  }
}
