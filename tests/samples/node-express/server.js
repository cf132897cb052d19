import express from 'express';
import pg from 'pg';

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL });
const app = express();

app.get('/healthz', (request, response) => response.send('ok'));
app.get('/', async (request, response) => {
  const { rows } = await pool.query('SELECT author, text FROM entries ORDER BY written_at DESC LIMIT 20');
  response.json(rows);
});

app.listen(process.env.PORT || 3000);
